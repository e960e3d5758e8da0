// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "keys.hpp"
#include "openssl.hpp"

namespace tactus::security {
namespace {

namespace fs = std::filesystem;

constexpr int kCaDays = 3650;
constexpr long kDaySeconds = 24L * 3600;
constexpr std::size_t kMostName = 64;  ///< of a common name in X.509

/// Everything is encrypted, who is not known is not heard.
constexpr const char* kGovernance = R"(<?xml version="1.0" encoding="UTF-8"?>
<dds xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
     xsi:noNamespaceSchemaLocation="http://www.omg.org/spec/DDS-SECURITY/20170901/omg_shared_ca_governance.xsd">
  <domain_access_rules>
    <domain_rule>
      <domains><id_range><min>0</min><max>230</max></id_range></domains>
      <allow_unauthenticated_participants>false</allow_unauthenticated_participants>
      <enable_join_access_control>true</enable_join_access_control>
      <discovery_protection_kind>ENCRYPT</discovery_protection_kind>
      <liveliness_protection_kind>ENCRYPT</liveliness_protection_kind>
      <rtps_protection_kind>ENCRYPT</rtps_protection_kind>
      <topic_access_rules>
        <topic_rule>
          <topic_expression>*</topic_expression>
          <enable_discovery_protection>true</enable_discovery_protection>
          <enable_liveliness_protection>true</enable_liveliness_protection>
          <enable_read_access_control>true</enable_read_access_control>
          <enable_write_access_control>true</enable_write_access_control>
          <metadata_protection_kind>NONE</metadata_protection_kind>
          <data_protection_kind>NONE</data_protection_kind>
        </topic_rule>
      </topic_access_rules>
    </domain_rule>
  </domain_access_rules>
</dds>
)";

/// A host may publish and take everything: of each group, a DDS partition.
constexpr const char* kPermissions = R"(<?xml version="1.0" encoding="UTF-8"?>
<dds xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
     xsi:noNamespaceSchemaLocation="http://www.omg.org/spec/DDS-SECURITY/20170901/omg_shared_ca_permissions.xsd">
  <permissions>
    <grant name="{0}">
      <subject_name>CN={0}</subject_name>
      <validity><not_before>{1:%Y-%m-%dT%H:%M:%S}</not_before><not_after>{2:%Y-%m-%dT%H:%M:%S}</not_after></validity>
      <allow_rule>
        <domains><id_range><min>0</min><max>230</max></id_range></domains>
        <publish>
          <topics><topic>*</topic></topics>
          <partitions><partition></partition><partition>*</partition></partitions>
        </publish>
        <subscribe>
          <topics><topic>*</topic></topics>
          <partitions><partition></partition><partition>*</partition></partitions>
        </subscribe>
      </allow_rule>
      <default>DENY</default>
    </grant>
  </permissions>
</dds>
)";

/// OpenSSL's own calls do not fail for reasons of the user.
void need(bool done, const char* what) {
  if (!done)
    throw KeyError{fmt::format("OpenSSL cannot {}: {}", what, ERR_error_string(ERR_get_error(), nullptr))};
}

Bytes new_file(const fs::path& file, mode_t mode) {
  const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0) throw KeyError{fmt::format("{}: {}", file.string(), std::strerror(errno))};
  return Bytes{BIO_new_fd(fd, BIO_CLOSE)};
}

void make_folder(const fs::path& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) throw KeyError{fmt::format("{}: {}", folder.string(), failed.message())};
}

struct Person {
  Certificate certificate;
  Key key;
};

struct Validity {
  std::time_t from, to;
};

Validity validity(Instant now, int days) {
  const auto at = std::chrono::system_clock::to_time_t(now);
  return {at - kDaySeconds, at + days * kDaySeconds};  // clocks of hosts differ
}

Certificate make_certificate(const std::string& name, EVP_PKEY& key, const Validity& valid, bool ca) {
  Certificate certificate{X509_new()};
  need(certificate != nullptr, "make a certificate");
  X509_set_version(certificate.get(), X509_VERSION_3);
  std::uint64_t serial = 0;
  need(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "draw a number");
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), serial >> 1);
  ASN1_TIME_set(X509_getm_notBefore(certificate.get()), valid.from);
  ASN1_TIME_set(X509_getm_notAfter(certificate.get()), valid.to);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_pubkey(certificate.get(), &key);
  X509_EXTENSION* basic = X509V3_EXT_conf_nid(nullptr, nullptr, NID_basic_constraints,
                                              ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
  X509_add_ext(certificate.get(), basic, -1);
  X509_EXTENSION_free(basic);
  return certificate;
}

/// `issuer` nothing: signs itself.
Person make_person(const std::string& name, const Validity& valid, const Person* issuer) {
  Person person;
  person.key.reset(EVP_EC_gen("P-256"));
  need(person.key != nullptr, "make a key");
  person.certificate = make_certificate(name, *person.key, valid, issuer == nullptr);
  const Person& signer = issuer == nullptr ? person : *issuer;
  X509_set_issuer_name(person.certificate.get(), X509_get_subject_name(signer.certificate.get()));
  need(X509_sign(person.certificate.get(), signer.key.get(), EVP_sha256()) > 0, "sign a certificate");
  return person;
}

void write_person(const Person& person, const fs::path& certificate, const fs::path& key) {
  need(PEM_write_bio_PrivateKey(new_file(key, 0600).get(), person.key.get(), nullptr, nullptr, 0, nullptr,
                                nullptr) == 1,
       "write a key");
  need(PEM_write_bio_X509(new_file(certificate, 0644).get(), person.certificate.get()) == 1,
       "write a certificate");
}

/// The CA that is there, or a new one.
Person certificate_authority(const fs::path& folder, const std::string& name, Instant now) {
  const fs::path certificate = folder / (name + ".pem"), key = folder / (name + ".key");
  if (fs::exists(key)) return {read_certificate(certificate), read_key(key)};
  Person ca = make_person("tactus " + name, validity(now, kCaDays), nullptr);
  write_person(ca, certificate, key);
  return ca;
}

void sign(const std::string& text, const Person& ca, const fs::path& file) {
  const auto content = [&] { return Bytes{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))}; };
  constexpr int kFlags = PKCS7_TEXT | PKCS7_DETACHED;
  const Signed document{PKCS7_sign(ca.certificate.get(), ca.key.get(), nullptr, content().get(), kFlags)};
  need(document != nullptr, "sign a document");
  need(SMIME_write_PKCS7(new_file(file, 0644).get(), document.get(), content().get(), kFlags) == 1,
       "write a document");
}

void check_host(const std::string& host) {
  const bool plain = std::ranges::all_of(host, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
  if (!plain || host.empty() || host.size() > kMostName || host.front() == '.' || host == "ca")
    throw KeyError{fmt::format(
        "'{}' is no name for a host: letters, digits, '-', '_', '.', at most {}; not 'ca'", host, kMostName)};
}

}  // namespace

std::vector<fs::path> create_keys(const CreateOptions& options, Instant now) {
  for (const auto& host : options.hosts) {
    check_host(host);
    if (fs::exists(options.folder / host))
      throw KeyError{fmt::format("{} is there already: remove it to make new keys for this host",
                                 (options.folder / host).string())};
  }
  const fs::path cas = options.folder / "ca";
  make_folder(cas);
  const Person identity_ca = certificate_authority(cas, "identity_ca", now);
  const Person permissions_ca = certificate_authority(cas, "permissions_ca", now);
  std::vector<fs::path> made;
  for (const auto& host : options.hosts) {
    const HostKeys files = keys_in(options.folder / host);
    make_folder(options.folder / host);
    const Validity valid = validity(now, options.days);
    write_person(make_person(host, valid, &identity_ca), files.identity, files.key);
    fs::copy_file(cas / "identity_ca.pem", files.identity_ca);
    fs::copy_file(cas / "permissions_ca.pem", files.permissions_ca);
    sign(kGovernance, permissions_ca, files.governance);
    sign(fmt::format(kPermissions, host, fmt::gmtime(valid.from), fmt::gmtime(valid.to)), permissions_ca,
         files.permissions);
    made.push_back(options.folder / host);
  }
  return made;
}

}  // namespace tactus::security
