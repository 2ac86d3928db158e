#include "tests/learn/redaction_cases.h"

namespace pawl::learn {
namespace {

TEST(Pii, PhoneNumbers) {
  expect_all({
      {"+1-212-555-0187x45", "<PHONE>x45"},
      {"call 212-555-0187ext22 now", "call <PHONE>ext22 now"},
      {"call +1 (415) 555-0123", "call <PHONE>"},
      {"text (+1 (415) 555-4001)", "text (<PHONE>)"},
      {"(415) 555-0123 is mine", "<PHONE> is mine"},
      {"415-555-0123, 415.555.0123 or 415 555 0123", "<PHONE>, <PHONE> or <PHONE>"},
      {"it is 4155550123.", "it is <PHONE>."},
      {"1-800-555-0199 ext 5", "<PHONE> ext 5"},
      {"+44 20 7946 0958", "<PHONE>"},
      {"+442079460958!", "<PHONE>!"},
      {"+49 (0)30 1234567", "<PHONE>"},
      {"0049 30 1234567", "<PHONE>"},
      {"030 1234567 or 0171/2345678", "<PHONE> or <PHONE>"},
      {"07700 900123", "<PHONE>"},
      {"06 12 34 56 78", "<PHONE>"},
      {"(11) 91234-5678", "<PHONE>"},
      {"call me: 555-0123", "call me: <PHONE>"},
      {"my number is 612 345 678", "my number is <PHONE>"},
      {"+1 415 555\n0123", "<PHONE>"},
      {"+١ ٤١٥ ٥٥٥ ٠١٢٣", "<PHONE>"},
      {"＋１ （４１５） ５５５－０１２３", "<PHONE>"},
      {"+1\u00A0415\u2011555\u20110123", "<PHONE>"},
      {"4\u200B15-555-0123", "<PHONE>"},
      {"+1 415 555 0123 42 apples", "<PHONE> 42 apples"},
  });
  expect_untouched({"set an alarm for 10:30", "on 2024-05-06 at 10:30",
                    "from 01.02.2024 to 03.04.2025", "1, 2, 3, 4, 5, 6, 7, 8, 9, 10",
                    "pi is 3.14159265358979", "order 12345678", "it costs $415 555 0123",
                    "C++ 17 20 23", "x+12345678", "1 2 3 4 5 6 7 8 9", "error 0x80070057",
                    "2000 3000 4000", "12/25/2023 10:00:00", "port 8080, pid 12345",
                    "call at 2024-05-06 10", "version 10.15.7", "the year 1984 and 2001",
                    "http://example.org/t/2157734567/"});
}

TEST(Pii, ANumberBehindAnotherGoesWholeAndAlone) {
  expect_all({
      {"2024-01-05 212-555-0187", "2024-01-05 <PHONE>"},
      {"2024-01-05T10:30:00Z (212) 555-0187", "2024-01-05T10:30:00Z <PHONE>"},
      {"212-555-0187 2024-01-05", "<PHONE> 2024-01-05"},
      {"08/05/26 - 212.555.0187", "08/05/26 - <PHONE>"},
      {"1) 212-555-0187", "1) <PHONE>"},
      {"room 12 +44 20 7946 0958", "room 12 <PHONE>"},
      {"212-555-0187 (3 calls)", "<PHONE> (3 calls)"},
      {"call (1234567)", "call (<PHONE>)"},
      {"call (212) 555-0187)", "call <PHONE>)"},
      {"4111 1111 1111 1111 12/26", "<CARD> 12/26"},
      {"12/26 4111 1111 1111 1111 123", "12/26 <CARD> 123"},
      {"123-45-6789 2024-01-05", "<SSN> 2024-01-05"},
      {"2024-01-05 123-45-6789", "2024-01-05 <SSN>"},
  });
}

TEST(Pii, NumbersBehindAKeyOrGluedToAWord) {
  expect_all({
      {"phone=2125550187", "phone=<PHONE>"},
      {"\"phoneNumber\": \"491701234567\"", "\"phoneNumber\": \"<PHONE>\""},
      {"export USER_PHONE=2125550187", "export USER_PHONE=<PHONE>"},
      {"--phone 2125550187 -v", "--phone <PHONE> -v"},
      {"https://example.org/s?phone=%2B442079460958&x=1",
       "https://example.org/s?phone=<PHONE>&x=1"},
      {"tel:+442079460958", "tel:<PHONE>"},
      {"phone_2125550187", "phone_<PHONE>"},
      {"tel2125550187", "tel<PHONE>"},
      {"mobile#2125550187", "mobile#<PHONE>"},
      {"电话13800138000谢谢", "电话<PHONE>谢谢"},
      {"мой телефон 8 912 345-67-89", "мой телефон <PHONE>"},
      {"ssn=123-45-6789, ssn_123456789", "ssn=<SSN>, ssn_<SSN>"},
      {"card4111111111111111", "card<CARD>"},
      {"iban=DE89370400440532013000;", "iban=<IBAN>;"},
  });
}

TEST(Pii, NumbersThatTouchAnUnderlineOrANumberSign) {
  expect_all({
      {"cust#2125550187 wrote", "cust#<PHONE> wrote"},
      {"customer#4915112345678", "customer#<PHONE>"},
      {"user 491701234567 wrote", "user <PHONE> wrote"},
      {"ticket for cust_2125550187 please", "ticket for cust_<PHONE> please"},
      {"caller_2125550187_now", "caller_<PHONE>_now"},
      {"client id: 491701234567", "client id: <PHONE>"},
      {"user_0171-2345678", "user_<PHONE>"},
      {"contact_4915112345678.vcf", "contact_<PHONE>.vcf"},
      {"__+442079460958__", "__<PHONE>__"},
      {"lead_+442079460958", "lead_<PHONE>"},
      {"kunde#0171 2345678", "kunde#<PHONE>"},
      {"клиент#79123456789", "клиент#<PHONE>"},
      {"客户#13800138000 来电", "客户#<PHONE> 来电"},
      {"عميل#966501234567", "عميل#<PHONE>"},
      {"number_212_555_0187", "number_<PHONE>"},
      {"212_555_0187 or 212#555#0187", "<PHONE> or <PHONE>"},
      {"emp#123-45-6789", "emp#<SSN>"},
      {"emp_123-45-6789_x", "emp_<SSN>_x"},
      {"pay#4111111111111111", "pay#<CARD>"},
      {"x_4111111111111111_y", "x_<CARD>_y"},
      {"4111_1111_1111_1111", "<CARD>"},
  });
  expect_untouched({"user 17 wrote",        "cust#12345",
                    "img_20240105_123456",  "IMG_0123_456789",
                    "order_2125550187",     "order#2125550187",
                    "issue #2125550187",    "commit_491701234567",
                    "x = 1_000_000_000",    "foo_2147483647_bar",
                    "sha_4111111111111112", "file_415_55_0123",
                    "batch_216534_7890",    "users 2125550187",
                    "cust_001_002_003",     "build_2024_0105_1",
                    "ticket_000-12-3456",   "user_id = 123456789",
                    "lead_20240105",        "customer 12345678901 rows"});
}

TEST(Pii, BlanksLineBreaksAndInvisibleCharactersInsideOfANumber) {
  expect_all({
      {"DE89  3704  0044  0532  0130  00", "<IBAN>"},
      {"DE89\n3704\n0044 0532 0130 00", "<IBAN>"},
      {"+34  810  39  25  71 ok", "<PHONE> ok"},
      {"+44\r\n20 7946 0958", "<PHONE>"},
      {"2️⃣1️⃣2️⃣-5️⃣5️⃣5️⃣-0️⃣1️⃣8️⃣7️⃣!", "<PHONE>!"},
      {"②①②-⑤⑤⑤-⓪①⑧⑦", "<PHONE>"},
      {"4111\u28001111\u31641111\uFFA01111", "<CARD>"},
      {"078\U000E0020-05-\u115F1120", "<SSN>"},
      {"+1%20415%20555%200123", "<PHONE>"},
  });
}

TEST(Pii, DatesRangesCountsAndCodesAreNoNumbersOfSomebody) {
  expect_untouched({"08/05/26 - 24/12/26",
                    "2021-08-03 2021-01-06",
                    "1939-1945 1914-1918",
                    "(1990 - 1995)",
                    "loss 0.5283812661704788",
                    "order 2819435862",
                    "2147483647",
                    "x = 4294967295",
                    "chmod 0755 0644",
                    "chmod 0755 0644 0600",
                    "processed 2819435862 rows",
                    "size 2819435862",
                    "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12",
                    "123e4567-e89b-12d3-a456-426614174000",
                    "(6657) - 2569",
                    "1234 - 5678 - 9012",
                    "5 000 000 km",
                    "1,234,567,890",
                    "1.234.567.890,50",
                    "numbers 54\n0\n1160\n44\n1\n20",
                    "draw 415 555 1234 99 12",
                    "lat 40.7127753, -74.0059728",
                    "ISBN 978-3-16-148410-0",
                    "id 4556737586899855",
                    "$2125550187",
                    "2125550187 dollars",
                    "1700000000 1700000000000 1700000000000000000",
                    "/t/2157734567/",
                    "img_2125550187.jpg",
                    "a[2125550187]",
                    "0x2125550187",
                    "12:30:45 10:15:00",
                    "10.15.7 10.15.6",
                    "f(12) 34567890",
                    "we won 6-4 7-5 6-3",
                    "scores 102-99, 98-97",
                    "2125550187abc99",
                    "5e2125550187"});
}

TEST(Pii, CardNumbersPassLuhn) {
  expect_all({
      {"4111 1111 1111 1111", "<CARD>"},
      {"my card (4111 1111 1111 1111)", "my card (<CARD>)"},
      {"4111111111111111", "<CARD>"},
      {"4111-1111-1111-1111 and 378282246310005", "<CARD> and <CARD>"},
      {"5555.5555.5555.4444", "<CARD>"},
      {"4111 1111\n1111 1111", "<CARD>"},
      {"card4111111111111111", "card<CARD>"},
      {"٤١١١ ١١١١ ١١١١ ١١١١", "<CARD>"},
      {"4111\u20071111\u20071111\u20071111", "<CARD>"},
      {"6011111111111117", "<CARD>"},
      {"4111 1111 1111 1111 078-05-1120", "<CARD> <SSN>"},
  });
  expect_untouched(
      {"4111 1111 1111 1112", "0000 0000 0000 0000", "9780306406157", "1700000000000"});
}

TEST(Pii, CardsOfEveryIssuer) {
  for (const char* card :
       {"4012888888881881", "5105105105105100", "2223003122003222", "378282246310005",
        "30569309025904", "6011000990139424", "3530111333300000", "6200000000000005",
        "2200000000000004", "6759649826438453"})
    EXPECT_EQ(cleaned(std::string("paid with ") + card), "paid with <CARD>") << card;
  expect_untouched({"1234567812345670", "9999999999999995", "7992739871300008"});
}

TEST(Pii, Ibans) {
  expect_all({
      {"DE89 3704 0044 0532 0130 00", "<IBAN>"},
      {"pay to GB82WEST12345698765432.", "pay to <IBAN>."},
      {"fr14 2004 1010 0505 0001 3m02 606", "<IBAN>"},
      {"NL91-ABNA-0417-1643-00", "<IBAN>"},
      {"NO93 8601 1117 947 thanks", "<IBAN> thanks"},
  });
  expect_untouched({"GB82WEST12345698765431", "XX82WEST12345698765432"});
}

TEST(Pii, WordsThatPassTheChecksOfAnIbanAreNone) {
  expect_untouched({"payload is 200 small structs. What could replace it"});
}

TEST(Pii, IbansOfCountriesThatJoinedTheRegistryLate) {
  expect_all({{"BI42 1000 0100 0100 0033 2045 181", "<IBAN>"},
              {"DJ2110002010010409943020008", "<IBAN>"},
              {"FK88SC123456789012", "<IBAN>"},
              {"HN88CABF00000000000250005469", "<IBAN>"},
              {"MN121234123456789123", "<IBAN>"},
              {"NI45BAPR00000013000003558124", "<IBAN>"},
              {"OM810180000001299123456", "<IBAN>"},
              {"RU0304452522540817810538091310419", "<IBAN>"},
              {"SD8811123456789012", "<IBAN>"},
              {"SO211000001001000100141", "<IBAN>"},
              {"YE15CBYE0001018861234567891234", "<IBAN>"}});
}

TEST(Pii, SocialSecurityNumbers) {
  expect_all({
      {"ssn 078-05-1120", "ssn <SSN>"},
      {"(078-05-1120)", "(<SSN>)"},
      {"123 45 6789", "<SSN>"},
      {"123‑45‑6789", "<SSN>"},
      {"my SSN is 123456789", "my SSN is <SSN>"},
      {"912-50-1234", "<SSN>"},
  });
  expect_untouched({"000-12-3456", "666-12-3456", "123-00-4567", "123-45-0000", "123456789"});
}

TEST(Pii, NumbersThatOtherStatesGive) {
  expect_all({
      {"passport X4471902 and X4471903, both", "passport <ID> and <ID>, both"},
      {"CPF 111.444.777-35", "CPF <ID>"},
      {"é 111.444.777-35 mesmo", "é <ID> mesmo"},
      {"mi DNI es 12345678Z", "mi DNI es <ID>"},
      {"X1234567L", "<ID>"},
      {"codice RSSMRA85T10A562S", "codice <ID>"},
      {"756.9217.0769.85", "<ID>"},
      {"131052-308T", "<ID>"},
      {"my national insurance number is AB 12 34 56 C.", "my national insurance number is <ID>."},
      {"passport no. C01X00T47", "passport no. <ID>"},
      {"{\"passport_number\": \"X12345678\"}", "{\"passport_number\": \"<ID>\"}"},
      {"паспорт 45 12 345678", "паспорт <ID>"},
      {"身份证号11010519491231002X", "身份证号<ID>"},
  });
  expect_untouched({"12345678A", "111.444.777-36", "passport office opens at 9", "RSSMRA85T10A562T",
                    "passport from 2024", "tax id needed in 2024"});
}

}  // namespace
}  // namespace pawl::learn
