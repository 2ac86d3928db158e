#include "tests/learn/redaction_cases.h"

namespace pawl::learn {
namespace {

TEST(Pii, EmailAddresses) {
  expect_all({
      {"write to jane.q.17@example-mail.org please", "write to <EMAIL> please"},
      {"(jane.q.1@example-mail.org)", "(<EMAIL>)"},
      {"mail bob+news@mail.example.co.uk.", "mail <EMAIL>."},
      {"<a_b%c@x-y.io>", "<<EMAIL>>"},
      {"JANE@EXAMPLE.ORG and joe@example.org", "<EMAIL> and <EMAIL>"},
      {"jürgen@müller.de", "<EMAIL>"},
      {"jane＠example．org", "<EMAIL>"},
      {"ja\u200Bne@exam\u200Bple.org", "<EMAIL>"},
      {"jane (at) example (dot) org", "<EMAIL>"},
      {"jane [at] example.org now", "<EMAIL> now"},
      {"jane @ example.org now", "<EMAIL> now"},
      {"root@[10.0.0.1]", "<EMAIL>"},
      {"\"jane doe\"@example.org", "<EMAIL>"},
      {"x@xn--bcher-kva.xn--p1ai", "<EMAIL>"},
      {"mailto:jane@example.org?subject=hi", "mailto:<EMAIL>?subject=hi"},
  });
  expect_untouched({"hello @john.doe", "meet @ 5.30 pm", "a@b", "array[i]@2.0",
                    "use @Override on it", "we met (at) noon", "@", "@@@", "a @ b"});
}

TEST(Pii, AnAddressEndsWhereItsNeighbourBegins) {
  expect_all({
      {"jane@example.com—thanks", "<EMAIL>—thanks"},
      {"jane@example.com-thanks", "<EMAIL>-thanks"},
      {"jane@example.com2", "<EMAIL>2"},
      {"jane@example.com[1] and (bob@example.org)", "<EMAIL>[1] and (<EMAIL>)"},
      {"a–jane@example.org–b", "a–<EMAIL>–b"},
      {"从jane@example.org发来", "从<EMAIL>发来"},
      {"письмо на jane@example.org—срочно", "письмо на <EMAIL>—срочно"},
      {"2.jane@example.org, 1)bob@example.org", "2.<EMAIL>, 1)<EMAIL>"},
      {"jane@example.org/bob@example.org", "<EMAIL>/<EMAIL>"},
      {"to=jane@example.org&cc=bob@example.org", "to=<EMAIL>&cc=<EMAIL>"},
      {"INSERT INTO u VALUES (7,'jane@example.org');", "INSERT INTO u VALUES (7,'<EMAIL>');"},
      {"\"from\":\"jane@example.org\"", "\"from\":\"<EMAIL>\""},
      {"{\\\"mail\\\": \\\"jane@example.org\\\"}", "{\\\"mail\\\": \\\"<EMAIL>\\\"}"},
      {"jane@example.org's inbox", "<EMAIL>'s inbox"},
      {"ssh bob@203.0.113.7", "ssh <EMAIL>"},
  });
}

TEST(Pii, AddressesAreFoundHoweverTheyAreWrittenOut) {
  expect_all({
      {"jane dot ann dot doe at example dot com", "<EMAIL>"},
      {"mail joanne@example dot com and add", "mail <EMAIL> and add"},
      {"jane[.]doe[@]example[.]org", "<EMAIL>"},
      {"jane@example[.]org", "<EMAIL>"},
      {"u?email=jane%40example.org&x=1", "u?email=<EMAIL>&x=1"},
      {"jane&#64;example.org and bob&commat;example.org", "<EMAIL> and <EMAIL>"},
      {"jane\\u0040example.org", "<EMAIL>"},
      {"jane at example dot org is fine", "<EMAIL> is fine"},
      {"jane {at} example {dot} co {dot} uk!", "<EMAIL>!"},
      {"ja\u3164ne@exam\u2800ple.org", "<EMAIL>"},
      {"jane\u034F@\uFFA0example.org", "<EMAIL>"},
      {"ⓙⓐⓝⓔ@𝐞𝐱𝐚𝐦𝐩𝐥𝐞.org", "<EMAIL>"},
      {"用户@例え.jp, иван@почта.рф", "<EMAIL>, <EMAIL>"},
  });
  expect_untouched({"npm i @angular/core@12.0.0 lodash@4.17.21", "image@sha256", "x @ W.weight + b",
                    "HEAD@{1}", "look at example dot", "@media (max-width: 600px)"});
}

TEST(Pii, IpAddressesButNotVersions) {
  expect_all({
      {"ping 203.0.113.7", "ping <IP>"},
      {"http://203.0.113.7:8080/x", "http://<IP>:8080/x"},
      {"2001:db8::ff00:42:8329", "<IP>"},
      {"2001:0db8:85a3:0000:0000:8a2e:0370:7334 up", "<IP> up"},
      {"fe80::1 and ::ffff:203.0.113.7", "<IP> and <IP>"},
      {"[2001:db8::1]:443", "[<IP>]:443"},
  });
  expect_untouched({"version 1.2.3.4", "v1.2.3.4", "v 1.2.3.4", "release 10.0.19041.1", "1.2.3",
                    "1.2.3.4.5", "256.1.1.1", "127.0.0.1:8080", "0.0.0.0", "::1", "std::cafe::bad",
                    "at 12:30:45", "a::b", "dead::beef", "std::vector", "::", "build 1.2.3.4"});
}

TEST(Pii, AddressesOfMachinesBehindKeysAndSigns) {
  expect_all({
      {"ip:fe80::1", "ip:<IP>"},
      {"ip=203.0.113.7,", "ip=<IP>,"},
      {"addr:2001:db8::1:", "addr:<IP>:"},
      {"{\"ip\":\"2001:db8::7\"}", "{\"ip\":\"<IP>\"}"},
      {"client_203.0.113.7", "client_<IP>"},
      {"host→203.0.113.7", "host→<IP>"},
      {"地址203.0.113.7不通", "地址<IP>不通"},
      {"fe80::1%eth0 and 2001:db8::/32", "<IP>%eth0 and <IP>/32"},
  });
  expect_untouched({"x[1::2]", "df[:, 1:3]", "s[::-1]", "\"version\": \"1.2.3.4\"",
                    "pip install x==1.2.3.4", "chrome/120.0.1.2", "lib-1.2.3.4.jar", "^1.2.3.4",
                    "upgraded from 1.0.4.27 to 1.0.5.1", "255.255.255.0", "00:1b:44:11:3a:b7",
                    "std::ff::e1", "python 3.8.0.1", "01.02.03.04"});
}

TEST(Pii, UrlsWithCredentials) {
  expect_all({
      {"git clone https://bob:hunter2@example.org/x.git now", "git clone <URL> now"},
      {"postgres://user:p/ss@db/app", "<URL>"},
      {"see https://token@example.org.", "see <URL>."},
  });
  expect_untouched(
      {"https://example.org/@user/post", "http://example.org:8080/a@b", "https://example.org"});
}

}  // namespace
}  // namespace pawl::learn
