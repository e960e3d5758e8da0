// SPDX-License-Identifier: Apache-2.0
#include "keys.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>

namespace tactus::security {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using ::testing::AllOf;
using ::testing::HasSubstr;

/// A folder with the keys of a robot and of a headset.
class Keys : public ::testing::Test {
 protected:
  Keys() {
    std::string pattern = (fs::temp_directory_path() / "tactus_keys_XXXXXX").string();
    root_ = mkdtemp(pattern.data());
    create_keys({root_, {"robot", "headset"}, 30}, now_);
  }
  ~Keys() override { fs::remove_all(root_); }

  [[nodiscard]] fs::path robot(const std::string& file = "") const { return root_ / "robot" / file; }
  void take(const std::string& file, const fs::path& from) const {
    fs::copy_file(from / file, robot(file), fs::copy_options::overwrite_existing);
  }
  /// What is wrong with the robot's keys; empty when nothing is.
  [[nodiscard]] std::string wrong(Instant now) const {
    try {
      check_keys(robot(), now);
      return "";
    } catch (const KeyError& error) {
      return error.what();
    }
  }
  [[nodiscard]] std::string wrong() const { return wrong(now_); }

  Instant now_ = std::chrono::system_clock::now();
  fs::path root_;
};

TEST_F(Keys, AreRightAsTheyAreMade) { EXPECT_EQ(wrong(), ""); }

TEST_F(Keys, AreValidUntilTheFirstOfThemExpires) {
  const auto rest = check_keys(robot(), now_) - now_;
  EXPECT_LE(rest, hours{30 * 24});
  EXPECT_GT(rest, hours{30 * 24} - std::chrono::seconds{2});
}

TEST_F(Keys, AreReadByTheirOwnerOnly) {
  for (const auto& file : {robot("key.pem"), root_ / "ca/identity_ca.key", root_ / "ca/permissions_ca.key"})
    EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write) << file;
}

TEST_F(Keys, ThatOthersCanReadAreRefused) {
  fs::permissions(robot("key.pem"), fs::perms::others_read, fs::perm_options::add);
  EXPECT_THAT(wrong(),
              AllOf(HasSubstr("key.pem: others can read"), HasSubstr("(mode 0604)"), HasSubstr("chmod 600")));
}

TEST_F(Keys, ThatAreMissingAreNamed) {
  fs::remove(robot("governance.p7s"));
  EXPECT_THAT(wrong(), AllOf(HasSubstr("governance.p7s: no such file"), HasSubstr("rtctl security create")));
  fs::remove_all(robot());
  EXPECT_THAT(wrong(), AllOf(HasSubstr("robot"), HasSubstr("no such folder")));
}

TEST_F(Keys, ExpireWithTheirDate) {
  EXPECT_EQ(wrong(now_ + hours{29 * 24}), "");
  EXPECT_THAT(wrong(now_ + hours{31 * 24}),
              AllOf(HasSubstr("identity.pem: expired on 20"), HasSubstr("make new ones")));
  EXPECT_THAT(wrong(now_ + hours{3700 * 24}), HasSubstr("identity_ca.pem: expired on 20"));
  EXPECT_THAT(wrong(now_ - hours{48}), HasSubstr("not valid before"));
}

TEST_F(Keys, OfPermissionsThatExpiredAreRefused) {
  const fs::path old = root_ / "old";
  fs::create_directories(old / "ca");
  for (const auto& entry : fs::directory_iterator{root_ / "ca"}) fs::copy(entry.path(), old / "ca");
  create_keys({old, {"robot"}, 1}, now_);
  take("permissions.p7s", old / "robot");
  EXPECT_EQ(wrong(), "");
  EXPECT_THAT(wrong(now_ + hours{48}), HasSubstr("permissions.p7s: expired on 20"));
}

TEST_F(Keys, OfOneCaForBothAreRefused) {
  fs::copy_file(robot("identity_ca.pem"), robot("permissions_ca.pem"), fs::copy_options::overwrite_existing);
  EXPECT_THAT(wrong(),
              AllOf(HasSubstr("are one CA"), HasSubstr("CVE-2023-24011"), HasSubstr("identity_ca.pem")));
}

TEST_F(Keys, OfAnotherHostAreNotThisOnes) {
  take("key.pem", root_ / "headset");
  EXPECT_THAT(wrong(), HasSubstr("key.pem: not the key of"));
  take("identity.pem", root_ / "headset");
  EXPECT_THAT(wrong(), HasSubstr("permissions.p7s: permits 'CN=robot', this host is 'CN=headset'"));
  take("permissions.p7s", root_ / "headset");
  EXPECT_EQ(wrong(), "") << "now it is the headset";
}

TEST_F(Keys, OfForeignCasAreRefused) {
  const fs::path foreign = root_ / "foreign";
  create_keys({foreign, {"robot"}, 30}, now_);
  take("permissions.p7s", foreign / "robot");
  EXPECT_THAT(wrong(), HasSubstr("permissions.p7s: not signed by"));
  take("governance.p7s", foreign / "robot");
  EXPECT_THAT(wrong(), HasSubstr("governance.p7s: not signed by"));
  take("identity_ca.pem", foreign / "robot");
  EXPECT_THAT(wrong(), HasSubstr("identity.pem: not issued by"));
}

TEST_F(Keys, ThatAreNoneAreNamed) {
  for (const std::string file :
       {"permissions.p7s", "governance.p7s", "key.pem", "identity.pem", "permissions_ca.pem"}) {
    std::ofstream{robot(file)} << "nonsense\n";
    EXPECT_THAT(wrong(), HasSubstr(file + ": no ")) << file;
  }
}

TEST_F(Keys, WhoChangesWhatIsSignedIsFoundOut) {
  std::ifstream in{robot("permissions.p7s")};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  text.replace(text.find("<default>DENY"), 13, "<default>ALLO");
  std::ofstream{robot("permissions.p7s")} << text;
  EXPECT_THAT(wrong(), HasSubstr("permissions.p7s: not signed by"));
}

TEST_F(Keys, MoreHostsGetTheSameCas) {
  create_keys({root_, {"laptop"}, 30}, now_);
  take("identity.pem", root_ / "laptop");
  take("key.pem", root_ / "laptop");
  take("permissions.p7s", root_ / "laptop");
  EXPECT_EQ(wrong(), "");
}

TEST_F(Keys, OfAHostAreNeverOverwritten) {
  try {
    create_keys({root_, {"laptop", "robot"}, 30}, now_);
    FAIL() << "accepted";
  } catch (const KeyError& error) {
    EXPECT_THAT(error.what(), HasSubstr("robot is there already"));
  }
  EXPECT_FALSE(fs::exists(root_ / "laptop")) << "all or none";
}

TEST_F(Keys, NamesOfHostsStayWithinTheirFolder) {
  for (const auto& name :
       std::vector<std::string>{"", "..", "../x", "a/b", "ca", "a b", "a<b", std::string(65, 'x')})
    EXPECT_THROW(create_keys({root_, {name}, 30}, now_), KeyError) << name;
}

}  // namespace
}  // namespace tactus::security
