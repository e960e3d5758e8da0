// SPDX-License-Identifier: Apache-2.0
// A Fast DDS program that knows nothing of Tactus.
// fastdds_peer read TOPIC TYPE: prints each message, its values in order, one line.
// fastdds_peer write TOPIC TYPE VALUE...: writes a message of these values twenty times a second. A sequence
// is its length, then its elements.
#include <cstdlib>
#include <cstring>
#include <fastdds/dds/domain/DomainParticipant.hpp>
#include <fastdds/dds/domain/DomainParticipantFactory.hpp>
#include <fastdds/dds/publisher/DataWriter.hpp>
#include <fastdds/dds/publisher/Publisher.hpp>
#include <fastdds/dds/subscriber/DataReader.hpp>
#include <fastdds/dds/subscriber/SampleInfo.hpp>
#include <fastdds/dds/subscriber/Subscriber.hpp>
#include <fastdds/dds/topic/TypeSupport.hpp>
#include <iomanip>
#include <iostream>
#include <stdexcept>
#include <thread>

#include "fastdds_types.hpp"

namespace {

using namespace eprosima::fastdds::dds;
using namespace std::chrono_literals;

/// The values as text, in order.
template <typename F>
void print(const F& field) {
  if constexpr (std::is_same_v<F, std::string>) {
    std::cout << std::quoted(field) << ' ';
  } else if constexpr (requires { typename F::allocator_type; }) {
    std::cout << field.size() << ' ';
    for (const auto& element : field) print(element);
  } else if constexpr (requires { field.front(); }) {
    for (const auto& element : field) print(element);
  } else {
    std::cout << +field << ' ';
  }
}

/// The other way.
template <typename F>
void parse(F& field, char**& word) {
  if constexpr (std::is_same_v<F, std::string>) {
    field = *word++;
  } else if constexpr (requires { typename F::allocator_type; }) {
    field.resize(std::strtoul(*word++, nullptr, 10));
    for (auto& element : field) parse(element, word);
  } else if constexpr (requires { field.front(); }) {
    for (auto& element : field) parse(element, word);
  } else {
    field = static_cast<F>(std::strtod(*word++, nullptr));
  }
}

template <typename T>
class Peer {
 public:
  explicit Peer(const char* name) {
    if (participant_ == nullptr) throw std::runtime_error{"no participant"};
    TypeSupport type{new foreign::Type<T>};
    type.register_type(participant_);
    topic_ = participant_->create_topic("rt" + std::string{name}, type.get_type_name(), TOPIC_QOS_DEFAULT);
  }

  [[noreturn]] void read() {
    DataReaderQos qos;
    qos.reliability().kind = RELIABLE_RELIABILITY_QOS;
    DataReader* reader =
        participant_->create_subscriber(SUBSCRIBER_QOS_DEFAULT)->create_datareader(topic_, qos);
    std::cout << std::setprecision(17);
    for (T message;;) {
      SampleInfo info;
      if (reader->wait_for_unread_message({1, 0}) && reader->take_next_sample(&message, &info) == 0 &&
          info.valid_data) {
        std::apply([](const auto&... field) { (print(field), ...); }, message.fields());
        std::cout << std::endl;
      }
    }
  }

  [[noreturn]] void write(char** words) {
    T message;
    std::apply([&](auto&... field) { (parse(field, words), ...); }, message.fields());
    DataWriterQos qos;  // reliable, transient local: Fast DDS's own defaults
    DataWriter* writer =
        participant_->create_publisher(PUBLISHER_QOS_DEFAULT)->create_datawriter(topic_, qos);
    for (;; std::this_thread::sleep_for(50ms)) writer->write(&message);
  }

 private:
  DomainParticipant* participant_ =
      DomainParticipantFactory::get_instance()->create_participant(0, PARTICIPANT_QOS_DEFAULT);
  Topic* topic_ = nullptr;
};

template <typename T>
void run(char** words) {
  if (std::strcmp(words[1], "read") == 0) Peer<T>{words[2]}.read();
  if (std::strcmp(words[1], "write") == 0) Peer<T>{words[2]}.write(words + 4);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const std::string type = argv[3];
  if (type == "String") run<foreign::String>(argv);
  if (type == "PoseStamped") run<foreign::PoseStamped>(argv);
  if (type == "Imu") run<foreign::Imu>(argv);
  if (type == "JointState") run<foreign::JointState>(argv);
  return 2;
}
