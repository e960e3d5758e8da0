// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "borrowed.hpp"
#include "endpoint.hpp"

/// /// The endpoints over shared memory. At their end they destroy their port, `data`, and tell the broker.
namespace tactus::shm {

/// Latched topics, and everything where slots cannot be used: iceoryx's own loan and publish.
[[nodiscard]] std::unique_ptr<UntypedPublisher> make_plain_publisher(Shared& shared,
                                                                     const PublisherOptions& options,
                                                                     const EndpointPlace& place,
                                                                     PublisherData& data);

/// Keeps its chunks and uses them again: pointers to them go to subscribers of this process, and iceoryx's
/// queues are served only while another process listens. Topics without history. nullptr when there is no
/// place to write the chunks down.
[[nodiscard]] std::unique_ptr<UntypedPublisher> make_slot_publisher(Shared& shared,
                                                                    const PublisherOptions& options,
                                                                    const EndpointPlace& place,
                                                                    PublisherData& data);

/// Takes from both: what publishers of this process push, and what iceoryx brings from others.
[[nodiscard]] std::unique_ptr<UntypedSubscriber> make_subscriber(Shared& shared,
                                                                 const SubscriberOptions& options,
                                                                 const EndpointPlace& place,
                                                                 SubscriberData& data);

}  // namespace tactus::shm
