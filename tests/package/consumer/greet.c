/* Moves one message through a ring.
 * SPDX-License-Identifier: MIT */
#include <ringmain/ringmain.h>
#include <stdio.h>
#include <string.h>

static int check(int status) {
  if (status != RINGMAIN_OK) fprintf(stderr, "%s: %s\n", ringmain_describe(status), ringmain_last_error());
  return status == RINGMAIN_OK;
}

int main(void) {
  static const char greeting[] = "hello, ring";
  ringmain_producer* producer = NULL;
  ringmain_consumer* consumer = NULL;
  ringmain_message message;
  if (!check(ringmain_producer_create("greetings", NULL, &producer))) return 1;
  if (!check(ringmain_consumer_attach("greetings", NULL, &consumer))) return 1;
  if (!check(ringmain_producer_publish(producer, greeting, sizeof greeting, 0))) return 1;
  if (!check(ringmain_consumer_receive(consumer, &message))) return 1;

  const int same = message.size == sizeof greeting && memcmp(message.data, greeting, sizeof greeting) == 0;
  puts(message.data);
  ringmain_consumer_release(consumer);
  ringmain_consumer_free(consumer);
  ringmain_producer_free(producer);
  return check(ringmain_remove("greetings", NULL, 0)) && same ? 0 : 1;
}
