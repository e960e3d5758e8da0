// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <functional>
#include <host_msgs/msg/answer.hpp>
#include <host_msgs/msg/canary.hpp>
#include <host_msgs/msg/clock_probe.hpp>
#include <host_msgs/msg/question.hpp>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "discovery.hpp"
#include "membership.hpp"
#include "typed_topic.hpp"

namespace tactus::mesh {

/// The DDS topics between hosts. ROS 2's tools do not show them: they do not begin with "rt/".
inline constexpr const char* kHostTopic = "tactus/host";      ///< latched, when something changed
inline constexpr const char* kLedgerTopic = "tactus/ledger";  ///< 10 Hz: what was sent; sign of life
inline constexpr const char* kClockTopic = "tactus/clock";    ///< 2 Hz: questions for the time, and answers
inline constexpr const char* kCanaryTopic = "tactus/canary";  ///< 20 Hz while something is exported
inline constexpr const char* kQuestionTopic = "tactus/question";  ///< of tools and hosts
inline constexpr const char* kAnswerTopic = "tactus/answer";

/// Who takes part: a gateway speaks for its host, a tool only listens and asks.
struct Identity {
  std::uint64_t id = 0;   ///< random, of this run
  std::string partition;  ///< of DDS: the group
};
[[nodiscard]] std::uint64_t random_id();
/// "tactus_host=<id>;" for the user data of all endpoints: who they belong to.
[[nodiscard]] std::string id_text(std::uint64_t id);
[[nodiscard]] std::uint64_t id_of(const std::string& user_data);  ///< 0: of nobody in the mesh

/// The other hosts of the group in a DDS domain: who is there, how their clocks stand, and questions to them.
/// Has a thread of its own; all calls from any thread.
class Mesh {
 public:
  /// Answers a question of another; an empty text: no answer. Called on the mesh's thread; may block a while.
  using Answerer = std::function<std::string(const std::string& what)>;
  /// Throws dds::NetworkError.
  Mesh(const dds::Participant& participant, Identity identity, Answerer answerer = {});
  ~Mesh();
  Mesh(const Mesh&) = delete;
  Mesh& operator=(const Mesh&) = delete;

  [[nodiscard]] std::uint64_t id() const noexcept { return identity_.id; }
  /// From now on this process speaks for a host. Written when it differs from what was said before.
  void say(const HostDescription& about);
  /// What was sent; the clocks and the canaries of the others are added.
  void say(Ledger ledger);
  /// How canaries of this host are written: best effort, of its partition.
  [[nodiscard]] const dds::EndpointSettings& canary_settings() const noexcept { return quick_; }

  [[nodiscard]] std::vector<HostView> hosts() const;
  [[nodiscard]] std::vector<HostChange> take_changes();
  /// What others sent on these topics that could not be read.
  [[nodiscard]] std::uint64_t malformed() const;

  /// Asks the host, or all (0), and waits for the answers of all who were there at the beginning. By Host.id;
  /// who does not answer within the limit is not in it.
  [[nodiscard]] std::map<std::uint64_t, std::string> ask(const std::string& what, std::uint64_t to,
                                                         std::int64_t limit_ns);

 private:
  void loop(const std::stop_token& stop);
  void take_all();
  void probe();
  void answer_probe(const host_msgs::msg::ClockProbe& probe);
  void answer_question(const host_msgs::msg::Question& question);

  struct Pending {
    std::uint64_t number = 0;
    std::map<std::uint64_t, std::string> answers;
  };

  Identity identity_;
  Answerer answerer_;
  dds::Discovery discovery_;
  dds::EndpointSettings latched_, reliable_, quick_;
  std::optional<TypedWriter<host_msgs::msg::Host>> host_writer_;  ///< of those who speak for a host
  std::optional<TypedWriter<host_msgs::msg::Ledger>> ledger_writer_;
  std::optional<TypedWriter<host_msgs::msg::Answer>> answer_writer_;
  std::optional<TypedReader<host_msgs::msg::Question>> question_reader_;
  std::optional<TypedReader<host_msgs::msg::Canary>> canary_reader_;
  TypedWriter<host_msgs::msg::ClockProbe> clock_writer_;
  TypedWriter<host_msgs::msg::Question> question_writer_;
  TypedReader<host_msgs::msg::Host> host_reader_;
  TypedReader<host_msgs::msg::Ledger> ledger_reader_;
  TypedReader<host_msgs::msg::ClockProbe> clock_reader_;
  TypedReader<host_msgs::msg::Answer> answer_reader_;
  dds::Waiter waiter_;

  mutable std::mutex mutex_;  ///< what follows
  std::condition_variable answered_;
  Membership membership_;
  std::optional<HostDescription> said_;
  std::map<std::uint64_t, Pending> pending_;  ///< questions that wait, by number
  std::uint64_t next_question_ = 1;
  std::uint64_t next_probe_ = 1;
  std::int64_t probe_at_ns_ = 0;

  std::jthread thread_;
};

}  // namespace tactus::mesh
