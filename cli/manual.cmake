# cmake -DTOOL=ringmain -DGZIP=gzip -DOUTPUT=DIRECTORY -P manual.cmake: the manual pages that the tool tells of itself.
file(REMOVE_RECURSE ${OUTPUT})
file(MAKE_DIRECTORY ${OUTPUT})
execute_process(COMMAND ${TOOL} __manual OUTPUT_VARIABLE pages COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^\n]+" pages "${pages}")
foreach(page IN LISTS pages)
  execute_process(COMMAND ${TOOL} __manual ${page} COMMAND ${GZIP} -9nc OUTPUT_FILE ${OUTPUT}/${page}.1.gz
                  COMMAND_ERROR_IS_FATAL ANY)
endforeach()
