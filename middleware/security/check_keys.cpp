// SPDX-License-Identifier: Apache-2.0
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "keys.hpp"
#include "openssl.hpp"

namespace tactus::security {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMakeNew = "make new ones with rtctl security create";

void need_readable(const fs::path& file) {
  if (!open_file(file)) throw KeyError{file.string()};
}

void need_private(const fs::path& key) {
  struct stat status {};
  if (stat(key.c_str(), &status) != 0)
    throw KeyError{fmt::format("{}: {}", key.string(), std::strerror(errno))};
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    throw KeyError{fmt::format(
        "{}: others can read this private key (mode {:04o}): chmod 600 {}; if somebody may have, {}",
        key.string(), status.st_mode & 07777, key.string(), kMakeNew)};
}

std::string day(const ASN1_TIME* time) {
  std::tm parts{};
  ASN1_TIME_to_tm(time, &parts);
  return fmt::format("{:%Y-%m-%d}", parts);
}

void need_valid_at(const fs::path& file, const X509& certificate, std::time_t now) {
  if (X509_cmp_time(X509_get0_notAfter(&certificate), &now) < 0)
    throw KeyError{
        fmt::format("{}: expired on {}: {}", file.string(), day(X509_get0_notAfter(&certificate)), kMakeNew)};
  if (X509_cmp_time(X509_get0_notBefore(&certificate), &now) > 0)
    throw KeyError{fmt::format("{}: not valid before {}: is the clock of this host right?", file.string(),
                               day(X509_get0_notBefore(&certificate)))};
}

std::string subject_of(const X509& certificate) {
  const Bytes text{BIO_new(BIO_s_mem())};
  X509_NAME_print_ex(text.get(), X509_get_subject_name(&certificate), 0, XN_FLAG_RFC2253);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(text.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

/// What a document says, when the CA has signed it.
std::string need_signed(const fs::path& file, const fs::path& ca_file, X509& ca) {
  const Bytes bytes = open_file(file);
  BIO* raw_content = nullptr;
  const Signed document{SMIME_read_PKCS7(bytes.get(), &raw_content)};
  const Bytes content{raw_content};
  if (!document) throw KeyError{fmt::format("{}: no signed document (S/MIME): {}", file.string(), kMakeNew)};
  const Store store{X509_STORE_new()};
  X509_STORE_add_cert(store.get(), &ca);
  X509_VERIFY_PARAM_set_flags(X509_STORE_get0_param(store.get()), X509_V_FLAG_NO_CHECK_TIME);
  X509_STORE_set_purpose(store.get(), X509_PURPOSE_ANY);
  const Bytes out{BIO_new(BIO_s_mem())};
  if (PKCS7_verify(document.get(), nullptr, store.get(), content.get(), out.get(), PKCS7_TEXT) != 1)
    throw KeyError{fmt::format("{}: not signed by {}: take both from the same rtctl security create",
                               file.string(), ca_file.string())};
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

/// Of "<tag>value</tag>", the first.
std::string element(const std::string& xml, const std::string& tag) {
  const auto open = xml.find("<" + tag + ">");
  const auto close = xml.find("</" + tag + ">");
  if (open == std::string::npos || close == std::string::npos || close < open) return {};
  const auto begin = open + tag.size() + 2;
  return xml.substr(begin, close - begin);
}

std::time_t end_of(const X509& certificate) {
  std::tm parts{};
  ASN1_TIME_to_tm(X509_get0_notAfter(&certificate), &parts);
  return timegm(&parts);
}

/// Returns until when they are valid.
std::time_t need_permissions_of(const fs::path& file, const std::string& xml, const std::string& subject,
                                std::time_t now) {
  if (xml.find("<subject_name>" + subject + "</subject_name>") == std::string::npos)
    throw KeyError{fmt::format("{}: permits '{}', this host is '{}': each host has a folder of its own",
                               file.string(), element(xml, "subject_name"), subject)};
  const std::string limit = element(xml, "not_after");
  std::tm parts{};
  if (strptime(limit.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) == nullptr)
    throw KeyError{fmt::format("{}: '{}' is no date of an end: {}", file.string(), limit, kMakeNew)};
  const std::time_t end = timegm(&parts);
  if (end < now)
    throw KeyError{fmt::format("{}: expired on {}: {}", file.string(), limit.substr(0, 10), kMakeNew)};
  return end;
}

}  // namespace

Bytes open_file(const fs::path& file) {
  Bytes bytes{BIO_new_file(file.c_str(), "r")};
  if (!bytes)
    throw KeyError{fmt::format("{}: {}: rtctl security create makes a folder with all files of a host",
                               file.string(), errno == EACCES ? "not readable" : "no such file")};
  return bytes;
}

Certificate read_certificate(const fs::path& file) {
  Certificate certificate{PEM_read_bio_X509(open_file(file).get(), nullptr, nullptr, nullptr)};
  if (!certificate) throw KeyError{fmt::format("{}: no certificate: {}", file.string(), kMakeNew)};
  return certificate;
}

Key read_key(const fs::path& file) {
  Key key{PEM_read_bio_PrivateKey(open_file(file).get(), nullptr, nullptr, nullptr)};
  if (!key)
    throw KeyError{fmt::format("{}: no private key, or one with a password: {}", file.string(), kMakeNew)};
  return key;
}

HostKeys keys_in(const fs::path& folder) {
  const fs::path whole = fs::absolute(folder).lexically_normal();
  return {whole / "identity_ca.pem", whole / "permissions_ca.pem", whole / "identity.pem",
          whole / "key.pem",         whole / "governance.p7s",     whole / "permissions.p7s"};
}

Instant check_keys(const fs::path& folder, Instant now) {
  if (!fs::is_directory(folder))
    throw KeyError{
        fmt::format("{}: no such folder: rtctl security create makes one for each host", folder.string())};
  const HostKeys keys = keys_in(folder);
  for (const auto& file :
       {keys.identity_ca, keys.permissions_ca, keys.identity, keys.key, keys.governance, keys.permissions})
    need_readable(file);
  need_private(keys.key);
  const auto at = std::chrono::system_clock::to_time_t(now);
  const Certificate identity_ca = read_certificate(keys.identity_ca);
  const Certificate permissions_ca = read_certificate(keys.permissions_ca);
  const Certificate identity = read_certificate(keys.identity);
  if (EVP_PKEY_eq(X509_get0_pubkey(identity_ca.get()), X509_get0_pubkey(permissions_ca.get())) == 1)
    throw KeyError{
        fmt::format("{} and {} are one CA: every host could permit itself everything (CVE-2023-24011); "
                    "rtctl security create makes two",
                    keys.identity_ca.string(), keys.permissions_ca.string())};
  need_valid_at(keys.identity_ca, *identity_ca, at);
  need_valid_at(keys.permissions_ca, *permissions_ca, at);
  need_valid_at(keys.identity, *identity, at);
  if (X509_verify(identity.get(), X509_get0_pubkey(identity_ca.get())) != 1)
    throw KeyError{fmt::format("{}: not issued by {}: take both from the same rtctl security create",
                               keys.identity.string(), keys.identity_ca.string())};
  if (X509_check_private_key(identity.get(), read_key(keys.key).get()) != 1)
    throw KeyError{fmt::format("{}: not the key of {}: each host has a folder of its own", keys.key.string(),
                               keys.identity.string())};
  static_cast<void>(need_signed(keys.governance, keys.permissions_ca, *permissions_ca));
  const std::time_t permitted = need_permissions_of(
      keys.permissions, need_signed(keys.permissions, keys.permissions_ca, *permissions_ca),
      subject_of(*identity), at);
  return std::chrono::system_clock::from_time_t(
      std::min({permitted, end_of(*identity), end_of(*identity_ca), end_of(*permissions_ca)}));
}

}  // namespace tactus::security
