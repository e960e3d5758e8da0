// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>

#include <filesystem>
#include <memory>

namespace tactus::security {

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Bytes = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using Signed = std::unique_ptr<PKCS7, Deleter<PKCS7_free>>;
using Store = std::unique_ptr<X509_STORE, Deleter<X509_STORE_free>>;

/// All throw KeyError with the name of the file.
[[nodiscard]] Bytes open_file(const std::filesystem::path& file);
[[nodiscard]] Certificate read_certificate(const std::filesystem::path& file);
[[nodiscard]] Key read_key(const std::filesystem::path& file);

}  // namespace tactus::security
