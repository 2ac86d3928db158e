#include "tests/learn/redaction_cases.h"

namespace pawl::learn {
namespace {

TEST(Pii, KeysAndTokens) {
  expect_all({
      {"sk-abcdEFGH1234ijklMNOP5678", "<KEY>"},
      {"use ghp_16C7e42F292c6912E7710c838347Ae178B4a.", "use <KEY>."},
      {"AKIAIOSFODNN7EXAMPLE", "<KEY>"},
      {"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP", "<KEY>"},
      {"api key: 0123456789abcdef0123", "api key: <KEY>"},
      {"API_KEY=a81bc81b-dead-4e5d-abff-90865d1e13b1", "API_KEY=<KEY>"},
      {"Authorization: Bearer q1w2e3r4t5y6u7i8o9", "Authorization: Bearer <KEY>"},
      {"password: hunter!two", "password: <KEY>"},
      {"my password is hunter2x", "my password is <KEY>"},
      {"key wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLE9KEY", "key <KEY>"},
      {"-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----!", "<KEY>!"},
      {"-----BEGIN PRIVATE KEY-----\nMIIEow", "<KEY>"},
  });
  expect_untouched({"my password is wrong", "the token is expired", "sk-learn is nice",
                    "commit 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12", "tokenization of embeddings",
                    "the secret ingredient is love",
                    "src/learn/pii_numbers.cc and tests/learn/pii_test.cc",
                    "NullPointerException in getUserAccountDetails", "reset my password please"});
}

TEST(Pii, SecretsBehindAKeyInWhateverQuoting) {
  expect_all({
      {"\"password\": \"hunter2x\"", "\"password\": \"<KEY>\""},
      {"{'password':'hunter2x','n':1}", "{'password':'<KEY>','n':1}"},
      {"{\\\"password\\\": \\\"hunter2x\\\"}", "{\\\"password\\\": \\\"<KEY>\\\"}"},
      {"password = hunter2x", "password = <KEY>"},
      {"password=hunter2x&b=2", "password=<KEY>"},
      {"https://example.org/?password=hunter2x&b=2", "https://example.org/?password=<KEY>&b=2"},
      {"password => 'hunter2x',", "password => '<KEY>',"},
      {"config['db_password'] = \"hunter2x\";", "config['db_password'] = \"<KEY>\";"},
      {"<password>hunter2x</password>", "<password><KEY></password>"},
      {"export DB_PASSWORD=hunter2x", "export DB_PASSWORD=<KEY>"},
      {"PGPASSWORD=hunter2x psql", "PGPASSWORD=<KEY> psql"},
      {"mysql --password hunter2x -v", "mysql --password <KEY> -v"},
      {"--password=hunter2x", "--password=<KEY>"},
      {"mysql -uroot -phunter2x shop", "mysql -uroot -p<KEY> shop"},
      {"curl -u bob:hunter2x https://example.org", "curl -u bob:<KEY> https://example.org"},
      {"sshpass -p 'hunter2x' ssh x", "sshpass -p '<KEY>' ssh x"},
      {"ALTER USER bob IDENTIFIED BY 'hunter2x';", "ALTER USER bob IDENTIFIED BY '<KEY>';"},
      {"userPassword: hunter2x", "userPassword: <KEY>"},
      {"\"client_secret\": \"a8Zq1LmN0pQr5tUv\"", "\"client_secret\": \"<KEY>\""},
      {"?key=q5fMuSkkkHKxksPDWma", "?key=<KEY>"},
      {"Authorization: Basic amFuZTpodW50ZXIyeA==", "Authorization: Basic <KEY>"},
      {"Cookie: session=q5fMuSkkkHKxksPDWma", "Cookie: session=<KEY>"},
  });
}

TEST(Pii, SecretsWithSignsInOtherScriptsAndOfSeveralWords) {
  expect_all({
      {"password for my mail is hunter2 and it fails",
       "password for my mail is <KEY> and it fails"},
      {"password of the guest wifi network is Sun99flower",
       "password of the guest wifi network is <KEY>"},
      {"كلمة السر هي hunter2", "كلمة السر هي <KEY>"},
      {"password: Pa$$word", "password: <KEY>"},
      {"password: пароль", "password: <KEY>"},
      {"пароль: секрет123", "пароль: <KEY>"},
      {"密码是hunter2x", "密码是<KEY>"},
      {"password: \"my dog spot\"", "password: \"<KEY>\""},
      {"Passwort: „blaue Katze“", "Passwort: „<KEY>“"},
      {"my password is: hunter2", "my password is: <KEY>"},
      {"my password is swordfish.", "my password is <KEY>."},
      {"the password for the wifi is hunter2", "the password for the wifi is <KEY>"},
      {"hunter2 is my password", "<KEY> is my password"},
      {"changed the password to hunter2 yesterday", "changed the password to <KEY> yesterday"},
      {"recovery phrase: correct horse battery staple", "recovery phrase: <KEY>"},
      {"mi contraseña es gatito77", "mi contraseña es <KEY>"},
      {"my pin is 4821, thanks", "my pin is <KEY>, thanks"},
      {"cvv: 123", "cvv: <KEY>"},
      {"your verification code: 839201", "your verification code: <KEY>"},
  });
}

TEST(Pii, WordsAboutSecretsAreNone) {
  expect_untouched({"my password is wrong",
                    "Password: forgot it",
                    "password: required",
                    "the pin is 4 digits long",
                    "my password is being rejected",
                    "is your password strong?",
                    "two passwords: why",
                    "password must have 8 characters",
                    "the wifi password is on the fridge",
                    "token bucket: how does it work",
                    "secret santa: who is in",
                    "enter your password:",
                    "password = os.environ['DB_PASSWORD']",
                    "password: ${DB_PASSWORD}",
                    "password = getpass.getpass()",
                    "password = \"\"",
                    "\"password\": null",
                    "def login(user: str, password: str):",
                    "token = tokenizer.next()",
                    "PASSWORD=<your password>",
                    "password: *****",
                    "password=password",
                    "self.password = password",
                    "max_tokens=2048",
                    "password_length = 12",
                    "token_type: string1",
                    "pwd && ls",
                    "cd $(pwd)",
                    "for token in doc:",
                    "if password == confirm:",
                    "password: <KEY>",
                    "hard pass on \"that one\"",
                    "pin 13 is an output",
                    "session 617B08FE-01FF-CD79-5DAF-29433613370B",
                    "integrity sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
                    "testConvertsUtf8ToUtf16WhenInputIsValid2Times",
                    "user.setPassword(newPassword);"});
}

}  // namespace
}  // namespace pawl::learn
