/* The same verbs from C: create, attach, publish, claim and commit, receive and release, poll, statistics.
 * Every call returns a number; ringmain_describe() and ringmain_last_error() put it into words.
 * SPDX-License-Identifier: MIT */
#include <ringmain/ringmain.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(int status, const char* what) {
  if (status == RINGMAIN_OK) return;
  fprintf(stderr, "%s: %s: %s\n", what, ringmain_describe(status), ringmain_last_error());
  exit(1);
}

static int print(const ringmain_message* message, void* context) {
  int* count = context;
  printf("%.*s\n", (int)message->size, (const char*)message->data);
  ++*count;
  return 0; /* go on */
}

static void produce(ringmain_producer* producer) {
  check(ringmain_producer_publish(producer, "copied", 6, 0), "publish");

  void* place = NULL;
  check(ringmain_producer_claim(producer, 64, &place), "claim");
  memcpy(place, "written in place", 16);
  check(ringmain_producer_commit(producer, 16, 0), "commit"); /* 16 of the 64 bytes were enough */

  const ringmain_bytes batch[] = {{"two", 3}, {"at once", 7}};
  check(ringmain_producer_publish_batch(producer, batch, 2, 0), "publish_batch");
}

static void consume(ringmain_consumer* consumer) {
  ringmain_message message;
  check(ringmain_consumer_receive(consumer, &message), "receive");
  if (message.size != 6 || memcmp(message.data, "copied", 6) != 0) exit(1);
  ringmain_consumer_release(consumer); /* from here on message.data points at nothing */

  int count = 0;
  size_t polled = 0;
  const int status = ringmain_consumer_poll(consumer, print, &count, 10, &polled);
  if (status != RINGMAIN_EMPTY || count != 3 || polled != 3) exit(1);
}

int main(void) {
  ringmain_ring_options options;
  check(ringmain_ring_options_init(&options, sizeof options), "ring_options_init");
  options.capacity = 1 << 20;

  ringmain_producer* producer = NULL;
  ringmain_consumer* consumer = NULL;
  check(ringmain_producer_create("letters", &options, &producer), "create");
  check(ringmain_consumer_attach("letters", NULL, &consumer), "attach"); /* NULL: the defaults */

  produce(producer);
  consume(consumer);

  ringmain_statistics statistics;
  check(ringmain_statistics_init(&statistics, sizeof statistics), "statistics_init");
  check(ringmain_read_statistics("letters", NULL, &statistics), "read_statistics");
  if (statistics.messages != 4 || statistics.consumer_count != 1) return 1;

  ringmain_producer_free(producer); /* closes the ring */
  ringmain_message message;
  if (ringmain_consumer_receive(consumer, &message) != RINGMAIN_END) return 1;
  ringmain_consumer_free(consumer);
  check(ringmain_remove("letters", NULL, 0), "remove");
  return 0;
}
