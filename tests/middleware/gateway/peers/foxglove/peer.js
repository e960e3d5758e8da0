// SPDX-License-Identifier: Apache-2.0
// A ROS 2 subscriber that knows nothing of Tactus or of DDS libraries: RTPS in JavaScript. It cannot publish.
// node peer.js MODULES ADDRESS TOPIC TYPE: prints each message, its values in order, one line.
const path = require("path");
const [modules, address, topic, type] = process.argv.slice(2);
const load = (name) => require(path.join(modules, "node_modules/@foxglove", name));
const { CdrReader } = load("cdr");
const { Durability, HistoryKind, Participant, Reliability } = load("rtps");
const { UdpSocketNode } = load("rtps/nodejs");

const times = (count, read) => Array.from({ length: count }, read);
const header = (cdr) => [cdr.int32(), cdr.uint32(), cdr.string()];
const doubles = (cdr, count) => times(count, () => cdr.float64());
const sequence = (cdr, read) => {
  const count = cdr.sequenceLength();
  return [count, ...times(count, read)];
};
const readers = {
  String: (cdr) => [cdr.string()],
  PoseStamped: (cdr) => [...header(cdr), ...doubles(cdr, 7)],
  Imu: (cdr) => [...header(cdr), ...doubles(cdr, 4 + 9 + 3 + 9 + 3 + 9)],
  JointState: (cdr) => [
    ...header(cdr),
    ...sequence(cdr, () => cdr.string()),
    ...times(3, () => sequence(cdr, () => cdr.float64())).flat(),
  ],
};
const packages = { String: "std_msgs", PoseStamped: "geometry_msgs", Imu: "sensor_msgs", JointState: "sensor_msgs" };

async function main() {
  const participant = new Participant({ name: "peer", addresses: [address], udpSocketCreate: UdpSocketNode.Create });
  participant.on("error", (error) => console.error(error));
  participant.on("userData", ({ serializedData }) => {
    const values = readers[type](new CdrReader(serializedData));
    console.log(values.map((value) => JSON.stringify(value)).join(" "));
  });
  await participant.start();
  participant.subscribe({
    topicName: "rt" + topic,
    typeName: `${packages[type]}::msg::dds_::${type}_`,
    durability: Durability.Volatile,
    reliability: { kind: Reliability.Reliable, maxBlockingTime: { sec: 1, nsec: 0 } },
    history: { kind: HistoryKind.KeepLast, depth: 10 },
  });
}

main();
