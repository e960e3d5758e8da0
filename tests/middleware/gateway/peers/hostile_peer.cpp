// SPDX-License-Identifier: Apache-2.0
// A DDS participant that means harm: it writes what its topic's type does not allow.
//   mutate TOPIC TYPE SEED COUNT  a sound message, changed at random; prints how many are well-formed
//   blob TOPIC TYPE BYTES         sound messages of that size, twenty times a second
//   claim TOPIC TYPE USER_DATA    writes nothing, says that about itself
//   alien TOPIC TYPE NAME         sound messages under another type's name, twenty times a second
//   good TOPIC TYPE               sound messages, twenty times a second
// TOPIC as in DDS ("rt/text"), TYPE as in ROS ("std_msgs/msg/String").
#include <fmt/core.h>

#include <cstring>
#include <host_msgs/msg/types.hpp>
#include <random>
#include <sensor_msgs/msg/joint_state.hpp>
#include <std_msgs/msg/string.hpp>
#include <thread>
#include <vector>

#include "endpoints.hpp"
#include "ros_names.hpp"
#include "tactus/msg/codec.hpp"
#include "tactus/msg/message.hpp"
#include "tactus/msg/registry.hpp"

namespace {

using namespace tactus;
using namespace std::chrono_literals;
using Bytes = std::vector<std::byte>;

template <typename T>
Bytes encoded(const T& message) {
  Bytes cdr(cdr_size(message));
  write_cdr(message, cdr);
  return cdr;
}

/// Strings, sequences and numbers where the type is one of these two; of any other what it begins with.
Bytes sound(const TypeInfo& type, std::size_t text_bytes) {
  if (std::string_view{type.name} == "std_msgs/msg/String") {
    Message<std_msgs::msg::String> message{text_bytes + 1024};
    message->data = std::string(text_bytes, 'g');
    return encoded(*message);
  }
  if (std::string_view{type.name} == "sensor_msgs/msg/JointState") {
    Message<sensor_msgs::msg::JointState> message{4096};
    message->header.frame_id = "good";
    message->name.resize(2);
    message->name[0] = "shoulder";
    message->name[1] = "elbow";
    for (auto* values : {&message->position, &message->velocity, &message->effort}) {
      values->resize(2);
      (*values)[1] = 0.5;
    }
    return encoded(*message);
  }
  std::vector<std::uint64_t> memory(1024);
  auto* block = reinterpret_cast<std::byte*>(memory.data());
  construct_block(type, block, memory.size() * 8);
  Bytes cdr(cdr_size(type, block_root_bytes(block)));
  write_cdr(type, block_root_bytes(block), cdr);
  return cdr;
}

const TypeInfo* type_named(std::string_view name) {
  using namespace host_msgs::msg;
  for (const TypeInfo* type : {&type_info<Host>(), &type_info<Ledger>(), &type_info<ClockProbe>(),
                               &type_info<Question>(), &type_info<Answer>()}) {
    if (name == type->name) return type;
  }
  return find_type(name);
}

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_{seed} {}

  Bytes operator()(Bytes cdr) {
    const std::size_t times = 1 + below(4);
    for (std::size_t i = 0; i < times; ++i) change(cdr);
    return cdr;
  }

 private:
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : random_() % limit; }

  void change(Bytes& cdr) {
    switch (below(6)) {
      case 0:  // one bit
        cdr[kFront + below(cdr.size() - kFront)] ^= std::byte(1U << below(8));
        break;
      case 1: {  // a number that may be a length
        constexpr std::uint32_t kNumbers[] = {0,          1,          0x7FFFFFFF, 0x80000000,
                                              0xFFFFFFFF, 0xFFFFFFF8, 1000,       0x01000000};
        if (cdr.size() >= 8)
          if (cdr.size() >= 2 * kFront)
            std::memcpy(cdr.data() + kFront * (1 + below(cdr.size() / kFront - 1)), &kNumbers[below(8)], 4);
        break;
      }
      case 2:  // too short
        cdr.resize(kFront + 1 + below(cdr.size() - kFront));
        break;
      case 3:  // too long
        for (std::size_t more = below(64); more > 0; --more) cdr.push_back(std::byte(random_()));
        break;
      case 4: {  // another encoding: big-endian, parameter list, XCDR2. Unknown ones Cyclone refuses itself.
        constexpr unsigned char kEncodings[] = {0, 1, 2, 3, 6, 7, 8, 9, 10, 11};
        cdr[1] = std::byte{kEncodings[below(sizeof kEncodings)]};
        break;
      }
      default:  // nothing of it is left
        for (std::size_t i = kFront; i < cdr.size(); ++i) cdr[i] = std::byte(random_());
    }
  }

  static constexpr std::size_t kFront = 4;  ///< the encoding, which is always there
  std::mt19937_64 random_;
};

dds::DomainSettings on_cable() {
  dds::DomainSettings settings;
  settings.interface = "eth0";
  return settings;
}

class Peer {
 public:
  Peer(const char* topic, const std::string& type, const char* user_data)
      : participant_{on_cable(), ""},
        writer_{participant_,
                {.topic = topic,
                 .type = type,
                 .depth = 10000,
                 .latched = std::string_view{topic} == "tactus/host",  // as its readers ask
                 .user_data = user_data}} {}

  void send(const Bytes& cdr) {
    dds::CdrBuffer buffer{cdr.size()};
    std::memcpy(buffer.data(), cdr.data(), cdr.size());
    writer_.write(std::move(buffer), ++time_ns_);
  }
  void wait_for_reader() {
    while (writer_.readers() == 0) std::this_thread::sleep_for(5ms);
  }
  void wait_until_received() { writer_.wait_for_acknowledgements(5'000'000'000); }
  [[noreturn]] void repeat(const Bytes& cdr) {
    for (;; std::this_thread::sleep_for(50ms)) send(cdr);
  }

 private:
  dds::Participant participant_;
  dds::Writer writer_;
  std::int64_t time_ns_ = 0;
};

void mutate(Peer& peer, const TypeInfo& type, std::uint64_t seed, int count) {
  Mutator mutated{seed};
  const Bytes original = sound(type, 20);
  int well_formed = 0;
  peer.wait_for_reader();
  for (int i = 0; i < count; ++i) {
    Bytes cdr = mutated(original);
    well_formed += measure_block(type, cdr).has_value() ? 1 : 0;
    peer.send(cdr);
    if (i % 4 == 3) std::this_thread::sleep_for(1ms);
  }
  peer.wait_until_received();
  fmt::print("{} well-formed\n", well_formed);
  std::fflush(stdout);
  std::this_thread::sleep_for(1h);
}

}  // namespace

int main(int argc, char** argv) {
  const TypeInfo* type = argc >= 4 ? type_named(argv[3]) : nullptr;
  if (type == nullptr) return 2;
  const std::string_view verb = argv[1];
  Peer peer{argv[2], verb == "alien" ? argv[4] : dds::dds_type(type->name), verb == "claim" ? argv[4] : ""};
  if (verb == "mutate") mutate(peer, *type, std::strtoull(argv[4], nullptr, 10), std::atoi(argv[5]));
  if (verb == "blob") peer.repeat(sound(*type, std::strtoull(argv[4], nullptr, 10)));
  if (verb == "good" || verb == "alien") peer.repeat(sound(*type, 20));
  if (verb == "claim") std::this_thread::sleep_for(1h);
  return 2;
}
