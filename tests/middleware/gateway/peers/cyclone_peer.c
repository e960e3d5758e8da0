/* SPDX-License-Identifier: Apache-2.0 */
/* A DDS program that knows nothing of Tactus: plain Cyclone with types by idlc.
   cyclone_peer write TOPIC NUMBER | read TOPIC | nodes | lie TOPIC LENGTH | strange TOPIC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dds/dds.h"
#include "liar.h"
#include "ros.h"

static dds_entity_t participant;

static dds_entity_t make_topic(const dds_topic_descriptor_t* type, const char* name) {
  char dds_name[256];
  snprintf(dds_name, sizeof dds_name, "rt%s", name);
  return dds_create_topic(participant, type, name[0] == '/' ? dds_name : name, NULL, NULL);
}

static dds_qos_t* reliable(int latched) {
  dds_qos_t* qos = dds_create_qos();
  dds_qset_reliability(qos, DDS_RELIABILITY_RELIABLE, DDS_SECS(1));
  if (latched) dds_qset_durability(qos, DDS_DURABILITY_TRANSIENT_LOCAL);
  return qos;
}

/* Twenty times a second, until it is killed. */
static int write_all(dds_entity_t topic, const void* sample) {
  dds_entity_t writer = dds_create_writer(participant, topic, reliable(0), NULL);
  for (;;) {
    dds_write(writer, sample);
    dds_sleepfor(DDS_MSECS(50));
  }
}

static int read_number(const char* name) {
  dds_entity_t reader = dds_create_reader(participant, make_topic(&std_msgs_msg_dds__UInt64__desc, name), reliable(0), NULL);
  for (;;) {
    void* sample = NULL;
    dds_sample_info_t info;
    if (dds_take(reader, &sample, &info, 1, 1) > 0 && info.valid_data) {
      printf("%llu\n", (unsigned long long)((std_msgs_msg_dds__UInt64_*)sample)->data);
      fflush(stdout);
    }
    if (sample != NULL) dds_return_loan(reader, &sample, 1);
    dds_sleepfor(DDS_MSECS(10));
  }
}

static int read_nodes(void) {
  dds_entity_t reader = dds_create_reader(
      participant, make_topic(&rmw_dds_common_msg_dds__ParticipantEntitiesInfo__desc, "ros_discovery_info"), reliable(1), NULL);
  for (;;) {
    void* sample = NULL;
    dds_sample_info_t info;
    if (dds_take(reader, &sample, &info, 1, 1) > 0 && info.valid_data) {
      const rmw_dds_common_msg_dds__ParticipantEntitiesInfo_* all = sample;
      for (uint32_t i = 0; i < all->node_entities_info_seq._length; ++i) {
        const rmw_dds_common_msg_dds__NodeEntitiesInfo_* node = &all->node_entities_info_seq._buffer[i];
        printf("%s %s %u %u\n", node->node_namespace, node->node_name, node->reader_gid_seq._length, node->writer_gid_seq._length);
      }
      fflush(stdout);
    }
    if (sample != NULL) dds_return_loan(reader, &sample, 1);
    dds_sleepfor(DDS_MSECS(10));
  }
}

int main(int argc, char** argv) {
  participant = dds_create_participant(0, NULL, NULL);
  if (participant < 0 || argc < 2) return 1;
  if (strcmp(argv[1], "nodes") == 0) return read_nodes();
  if (argc == 3 && strcmp(argv[1], "read") == 0) return read_number(argv[2]);
  if (argc == 3 && strcmp(argv[1], "strange") == 0) {
    const strange_msgs_msg_dds__Thing_ sample = {1};
    return write_all(make_topic(&strange_msgs_msg_dds__Thing__desc, argv[2]), &sample);
  }
  if (argc == 4 && strcmp(argv[1], "write") == 0) {
    const std_msgs_msg_dds__UInt64_ sample = {strtoull(argv[3], NULL, 10)};
    return write_all(make_topic(&std_msgs_msg_dds__UInt64__desc, argv[2]), &sample);
  }
  if (argc == 4 && strcmp(argv[1], "lie") == 0) {
    const std_msgs_msg_dds__String_ sample = {(uint32_t)strtoul(argv[3], NULL, 10)};
    return write_all(make_topic(&std_msgs_msg_dds__String__desc, argv[2]), &sample);
  }
  return 1;
}
