// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

/// The files of DDS Security: who may join a domain, and what crosses it unread. The only folder that sees
/// OpenSSL.
namespace tactus::security {

/// A file is missing, unfit, or open to others. The text names it and says what to do.
class KeyError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What a host needs, in one folder.
struct HostKeys {
  std::filesystem::path identity_ca;     ///< who says who is who
  std::filesystem::path permissions_ca;  ///< who says who may do what: never the same as identity_ca
  std::filesystem::path identity;        ///< certificate of this host
  std::filesystem::path key;             ///< its private key
  std::filesystem::path governance;      ///< signed: what is encrypted
  std::filesystem::path permissions;     ///< signed: what this host may do
};
[[nodiscard]] HostKeys keys_in(const std::filesystem::path& folder);

using Instant = std::chrono::system_clock::time_point;

/// Everything that DDS would only refuse in its log: missing files, a key that others can read, certificates
/// that are expired or not of their CA, documents that are not signed by the permissions CA or are another
/// host's, and one CA for both (CVE-2023-24011: any host could then permit itself everything). Returns
/// until when they are valid. Throws KeyError.
Instant check_keys(const std::filesystem::path& folder, Instant now);

struct CreateOptions {
  std::filesystem::path folder;
  std::vector<std::string> hosts;
  int days = 365;  ///< how long the hosts' files are valid; the CAs for ten years
};
/// Makes two CAs below folder/ca, unless they are there, and a folder per host. Private keys are readable by
/// their owner only. Returns the folders of the hosts. Throws KeyError: a host is there already.
std::vector<std::filesystem::path> create_keys(const CreateOptions& options, Instant now);

}  // namespace tactus::security
