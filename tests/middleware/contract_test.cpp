// SPDX-License-Identifier: Apache-2.0
#include "tactus/middleware/contract.hpp"

#include <gmock/gmock.h>

#include <std_msgs/msg/u_int64.hpp>

#include "tactus/middleware/in_process.hpp"
#include "tactus/middleware/publisher.hpp"
#include "tactus/middleware/subscriber.hpp"

namespace tactus {
namespace {

using std_msgs::msg::UInt64;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::StartsWith;

template <typename Call>
std::string broken_by(Call&& call) {
  try {
    call();
  } catch (const ContractBroken& error) {
    return error.what();
  }
  return "nothing";
}

TEST(Contract, SaysWhatWasExpectedOrNotEnsuredAndWhere) {
  const int gain = 0;
  EXPECT_THAT(broken_by([&] { TACTUS_EXPECT(gain > 0, "a gain above zero"); }),
              ContainsRegex("^expected a gain above zero \\(gain > 0\\), at contract_test.cpp:[0-9]+$"));
  EXPECT_THAT(broken_by([&] { TACTUS_ENSURE(gain > 0, "a gain above zero"); }),
              StartsWith("not ensured: a gain above zero (gain > 0), at contract_test.cpp:"));
  EXPECT_EQ(broken_by([&] { TACTUS_EXPECT(gain == 0, "no gain"); }), "nothing");
}

TEST(Contract, InsideItIsThereUnlessItWasRemoved) {
  EXPECT_THAT(broken_by([] { TACTUS_INSIDE_EXPECT(1 + 1 == 3, "another arithmetic"); }),
              HasSubstr("another arithmetic"));
  EXPECT_THAT(broken_by([] { TACTUS_INSIDE_ENSURE(1 + 1 == 3, "another arithmetic"); }),
              HasSubstr("another arithmetic"));
}

/// What a node does wrong at its border with the middleware.
class Border : public testing::Test {
 protected:
  std::unique_ptr<UntypedPublisher> make_publisher() {
    return transport_->create_publisher(
        {.node = "/test", .topic = "/out", .type = &type_info<UInt64>(), .max_bytes = 256});
  }

  std::unique_ptr<Transport> transport_ = make_in_process_transport();
  std::unique_ptr<UntypedPublisher> port_ = make_publisher();
  std::unique_ptr<UntypedPublisher> other_port_ = make_publisher();
  Publisher<UInt64> out_{*port_};
};

TEST_F(Border, AnEmptyLoanIsNeitherWrittenNorPublished) {
  Loan<UInt64> none;
  EXPECT_THAT(broken_by([&] { none->data = 1; }), HasSubstr("a loan that is there"));
  EXPECT_THAT(broken_by([&] { none.captured_at({}); }), HasSubstr("a loan that is there"));
  EXPECT_THAT(
      broken_by([&] { out_.publish(std::move(none)); }),
      AllOf(HasSubstr("a loan that is there and not published yet"), HasSubstr("at contract_test.cpp:")));
}

TEST_F(Border, ALoanIsPublishedOnceAndByItsPublisher) {
  auto loan = out_.loan();
  Publisher<UInt64> other{*other_port_};
  EXPECT_THAT(broken_by([&] { other.publish(std::move(loan)); }),
              HasSubstr("a loan of the publisher that publishes it"));
  EXPECT_EQ(broken_by([&] { out_.publish(std::move(loan)); }), "nothing") << "it was left where it was";
  EXPECT_THAT(broken_by([&] { out_.publish(std::move(loan)); }), HasSubstr("not published yet"));
}

TEST_F(Border, AnEmptySampleIsNotRead) {
  const Sample<UInt64> none;
  for (const auto& said : {broken_by([&] { static_cast<void>(none->data); }),
                           broken_by([&] { static_cast<void>(none.header()); }),
                           broken_by([&] { static_cast<void>(none.published()); }),
                           broken_by([&] { static_cast<void>(none.captured()); })})
    EXPECT_THAT(said, HasSubstr("a message: check it after take()"));
}

TEST_F(Border, HandlesAreMadeByTheContext) {
  EXPECT_THAT(broken_by([] { static_cast<void>(Publisher<UInt64>{}.loan()); }),
              HasSubstr("a publisher from advertise()"));
  EXPECT_THAT(broken_by([] { static_cast<void>(Subscriber<UInt64>{}.take()); }),
              HasSubstr("an input from subscribe()"));
}

}  // namespace
}  // namespace tactus
