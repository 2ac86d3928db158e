#include "learn/privacy/cues.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/utf8.h"
#include "text/unicode.h"

namespace pawl::pii {

namespace {

constexpr size_t kMaxPhrase = 3;  // words
constexpr size_t kMaxCueLetters = 24;

struct CueWords {
  CueKind kind;
  std::string_view words;  // separated by "|"
};

// Lower case, one space between the words of a phrase.
// clang-format off
constexpr CueWords kCueWords[] = {
    {CueKind::kPhone,
     "callback|mob|emergency contact|telefonnr|tel nr|telnr|phone numbers|mobile phone|new number|my new number|my old number|my number s|number s|tlf|tlf nr|whats app|viber|call back number|numbers are|phone|phones|phone number|phone no|phone nr|phone is|tel|tel no|tele|telephone|telephone number|"
     "mobile|mobile number|mobile no|cell|cell phone|cellphone|cell number|whatsapp|wa|fax|fax number|"
     "msisdn|my number|contact number|number to call|landline|ph|gsm|sms|hotline|callback number|"
     "telefon|telefonnummer|handy|handynummer|rufnummer|mobil|mobilnummer|festnetz|telefono|teléfono|"
     "móvil|movil|celular|cellulare|numero di telefono|número de teléfono|téléphone|portable|numéro|"
     "numéro de téléphone|telefone|telemóvel|telemovel|telefoon|telefoonnummer|mobiel|puhelin|"
     "puhelinnumero|telefonnumer|nr tel|numer telefonu|telefonu|telefonum|telefon numarası|cep|"
     "telefonszám|telefonní číslo|mobilní|τηλέφωνο|κινητό|телефон|телефона|телефону|номер|мобильный|"
     "тел|моб|телефонний|电话|電話|手机|手機|号码|電話番号|携帯|전화|전화번호|휴대폰|هاتف|هاتفي|جوال|رقم|اتصل|טלפון|נייד|फोन|"
     "मोबाइल|फ़ोन|नंबर|โทร|โทรศัพท์|điện thoại|số điện thoại|nomor|hp|telepon|phonenumber"},
    {CueKind::kCall,
     "call|call me|call us|text|text me|txt|tex|dial|ring|ring me|reach me|reach|reachable|contact me|"
     "message me|phone me|give me a ring|ruf|anrufen|llámame|llama|llamar|appelle|appelez|appeler|"
     "chiama|chiamami|bel|позвони|позвоните|звоните|打给|拨打|zadzwoń|ligue|liga|ara|contact us|number is"},
    {CueKind::kOffer,
     "it is|it s|its|mine|my|me|me at|me on|i m at|i am at|here is|here s|use|try|leave|give|send to|"
     "forward to|message|talk to|speak to|ask for|the number|this number|number is|your number|her number|his number|our number|find me under|available at|write to"},
    {CueKind::kCard,
     "master card|union pay|card|card number|card no|cardnumber|creditcard|credit card|debit card|credit card number|cc|ccn|"
     "ccnum|pan|visa|mastercard|amex|american express|discover|maestro|diners|jcb|unionpay|paid with|"
     "pay with|charge|kreditkarte|kartennummer|karte|tarjeta|carte|carte bancaire|carta|"
     "carta di credito|cartão|kaart|karta|kart|карта|карты|карту|карте|卡号|卡|信用卡|カード|카드|بطاقة|כרטיס|"
     "कार्ड"},
    {CueKind::kBank,
     "iban|bank account|kontonummer|konto|swift|bic|cuenta|compte|conto"},
    {CueKind::kSocial,
     "soc security|ssn|social security|social security number|social security no|soc sec|soc sec no|soc sec number|"
     "social|itin|ss number|ssn number|ssn no|social number|social security #"},
    {CueKind::kNationalId,
     "passport|passport no|passport number|passport num|passportnumber|national id|national id number|"
     "national insurance|national insurance number|national insurance no|ni number|nino|tax id|"
     "tax number|tax no|taxpayer id|tin|tax identification number|tax file number|tfn|"
     "driver s license|drivers license|driver license|driving licence|driving license|"
     "driver s licence|driver s license number|license number|licence number|driver license number|"
     "id card|id card number|identity card|identity number|personal id|citizen id|nhs number|nhs no|"
     "medicare number|aadhaar|aadhaar number|aadhar|pan card|pan number|sin|social insurance number|"
     "nric|fin|hkid|cpf|cnpj|rg|dni|nie|nif|curp|rut|cedula|cédula|cuil|cuit|nir|"
     "numéro de sécurité sociale|numéro fiscal|codice fiscale|partita iva|steuer id|"
     "steueridentifikationsnummer|steuernummer|reisepass|personalausweis|ausweisnummer|ausweis|"
     "sozialversicherungsnummer|ahv|ahv nummer|ahv nr|bsn|rijksregisternummer|personnummer|"
     "fødselsnummer|cpr|henkilötunnus|hetu|pesel|nip|rodné číslo|cnp|egn|jmbg|oib|emšo|паспорт|"
     "паспорта|инн|снилс|身份证|身份证号|护照|護照|마이넘버|マイナンバー|주민등록번호|여권|passaporto|pasaporte|passeport|paspoort|"
     "paszport|passaporte|pps|pps number|kimlik|tc kimlik|kimlik no|voter id"},
    {CueKind::kPassword,
     "şifrem|parolam|parolum|password|passwords|passwd|pwd|passwort|kennwort|contraseña|contrasena|clave|mot de passe|mdp|"
     "senha|palavra passe|wachtwoord|hasło|haslo|heslo|jelszó|parola|şifre|sifre|parolă|salasana|"
     "lösenord|adgangskode|passord|пароль|пароля|паролем|密码|密碼|口令|パスワード|비밀번호|암호|كلمة السر|كلمة المرور|"
     "סיסמה|סיסמא|पासवर्ड|κωδικός|รหัสผ่าน|mật khẩu|kata sandi|sandi|pw|pass word|identified by|"
     "passcode|pswd|psw|passw"},
    {CueKind::kPass,
     "pass"},
    {CueKind::kPhrase,
     "passphrase|pass phrase|seed phrase|recovery phrase|mnemonic|seed words|backup phrase|"
     "secret phrase"},
    {CueKind::kSecret,
     "secret|client secret|secret key|api key|apikey|api secret|api token|access key|access key id|"
     "secret access key|private key|credential|credentials|license key|encryption key|signing key|"
     "master key|subscription key|account key|shared key|app key|auth key|ssh key|security answer|"
     "consumer key|key secret"},
    {CueKind::kToken,
     "token|auth|authorization|bearer|access token|auth token|refresh token|session|session id|"
     "sessionid|cookie|sig|signature|jwt|pat|id token|csrf token|sas|nonce secret|webhook"},
    {CueKind::kKeyName,
     "key|keys"},
    {CueKind::kPin,
     "fa code|pin|pin code|pin number|pin is|pincode|cvv|cvv2|cvc|cvc2|csc|otp|otp code|security code|"
     "verification code|one time code|one time password|one time passcode|2fa code|2fa|mfa code|"
     "sms code|access code|unlock code|tan|login code|confirmation pin|auth code|authentication code|"
     "код|验证码|認証コード"},
    {CueKind::kAddress,
     "ip|ips|ip address|ipv4|ipv6|ip addr|addr|host|hosts|server|gateway|dns|ping|ssh|inet|inet6|"
     "remote addr|peer|src|dst|source ip|nameserver|subnet|traceroute|node|router|proxy|address|地址|"
     "адрес"},
    {CueKind::kAlias,
     "from|sent by|by|email|e mail|mail|mails|to|bcc|user|username|login|contact|sender|recipient|reply|owner|author|"
     "u|usr|mailto|addresses|emails|assignee|customer email|q"},
    {CueKind::kCount,
     "id|uid|userid|user id|account|acct|member|order|order number|order no|order nr|order id|ticket|"
     "ticket number|invoice|invoice number|invoice no|ids|issue|issues|customer|customer number|"
     "customer id|case|case number|ref|reference|reference number|tracking|tracking number|item|"
     "parcel|product|booking|pid|transaction|sku|serial|serial number|job|batch|count|counts|size|"
     "total|population|limit|allocated|len|length|offset|exit|max|min|int max|int min|step|sum|n|seed|"
     "overflow|overflows|timestamp|ts|epoch|time|chmod|mode|umask|permissions|install|isbn|ean|upc|"
     "barcode|issn|doi|loss|score|acc|accuracy|mean|number of|line|index|indices|"
     "port|ports|error|code|errno|status|page|chapter|zip|zip code|postcode|flight|model|track|album|"
     "year|years|date|born|result|results|returns|return|got|expected|equals|compute|solve|simplify|"
     "what is|numbers|sequence|draw|array|lotto|primes|sorted|vector|matrix|width|height|revenue|"
     "price|cost|costs|paid|balance|amount|duration|latency|revision|rev|bug|pr|pull request|commit|"
     "change|build number|part number|part no|lot|vin|imei|asin|gtin|bestellung|bestellnummer|"
     "rechnung|rechnungsnummer|auftrag|kundennummer|vorgang|pedido|factura|commande|facture|ordine|"
     "fattura|заказ|заказа|номер заказа|订单|订单号|注文|주문|zamówienie|sipariş|bestelling|shape|range|lat|"
     "lon|latitude|longitude|coordinates|geo|location|patent|rfc|case id|employee|nonce|checksum|crc|"
     "hash of|random|random state|primary key|foreign key|iat|exp|created at|updated at|created|"
     "updated|modified|started|finished|since|until|ago|weight|dose|distance|ratio"},
    {CueKind::kUnit,
     "rows|row|items|bytes|byte|views|requests|parameters|params|people|ns|users|tokens|steps|records|"
     "lines|files|times|seconds|minutes|hours|days|ms|millis|hz|khz|mhz|kb|mb|gb|mib|px|pixels|"
     "dollars|euros|usd|eur|gbp|kr|samples|examples|entries|events|messages|downloads|followers|likes|"
     "votes|inhabitants|words|characters|chars|cells|nodes|edges|points|frames|cycles|iterations|"
     "epochs|queries|documents|tweets|songs|streams|subscribers|customers|rubles|rupees|yen|yuan|"
     "pesos|pounds|francs|km|kilometers|miles|meters|kg|tons|tonnes|liters|watts|volts|units|copies|"
     "objects|elements|hits|calls|clicks|visits|visitors|packets|blocks|pages|transactions|orders|"
     "vectors|weights|sentences|bits"},
    {CueKind::kVersion,
     "version|versions|ver|v|release|releases|python|upgraded|upgrade|update|updated to|node js|"
     "package|chrome|chromium|firefox|requires|firmware|driver|drivers|kernel|ubuntu|debian|tag|lib|"
     "library|sdk|app|patch|macos|ios|android|windows|office|java|jdk|nginx|apache|safari|edge|opera|"
     "software|oid|section|spring|tensorflow|cuda|assembly|bios|agent|mozilla|applewebkit|npm|pip|"
     "image|plugin|build|dotnet|runtime|compiler|gcc|clang"},
    {CueKind::kDigest,
     "sha|sha1|sha256|sha384|sha512|md5|hash|hashes|digest|integrity|checksums|fingerprint|etag|blob|"
     "commit hash|git show|revert"},
};
// clang-format on

const std::unordered_map<std::string_view, CueKind>& cue_table() {
  static const auto table = [] {
    std::unordered_map<std::string_view, CueKind> made;
    for (const CueWords& entry : kCueWords) {
      for (size_t at = 0; at < entry.words.size();) {
        const size_t end = std::min(entry.words.find('|', at), entry.words.size());
        if (end > at) made.try_emplace(entry.words.substr(at, end - at), entry.kind);
        at = end + 1;
      }
    }
    return made;
  }();
  return table;
}

// Words that end in one of these name a secret, too: PGPASSWORD, authtoken, mypassword.
constexpr std::pair<std::string_view, CueKind> kEndings[] = {
    {"password", CueKind::kPassword}, {"passwd", CueKind::kPassword},
    {"passwort", CueKind::kPassword}, {"secret", CueKind::kSecret},
    {"apikey", CueKind::kSecret},     {"token", CueKind::kToken},
    {"telefon", CueKind::kPhone},     {"telefonnummer", CueKind::kPhone},
    {"phone", CueKind::kPhone}};

struct Word {
  size_t start, end;
};

bool is_upper_at(const FoldedText& text, size_t i) {
  return text.is_letter(i) && unicode::is(text[i], unicode::kUpper);
}

size_t word_end(const FoldedText& text, size_t start) {
  size_t i = start + 1;
  for (; text.is_letter(i); ++i) {
    const bool change = is_upper_at(text, i) && !is_upper_at(text, i - 1);
    const bool last_capital = is_upper_at(text, i) && i > start + 1 && text.is_letter(i + 1) &&
                              !is_upper_at(text, i + 1) && is_upper_at(text, i - 1);
    if (change || last_capital || text.is_spaced_letter(i) != text.is_spaced_letter(i - 1)) break;
  }
  return i;
}

void append_lower(std::string& out, const FoldedText& text, const Word& word) {
  for (size_t i = word.start; i < word.end; ++i) utf8::append(out, unicode::simple_lower(text[i]));
}

// Whether `next` continues a phrase after `word`: one sign between them, or none inside of a name.
bool joins(const FoldedText& text, const Word& word, const Word& next) {
  const size_t gap = next.start - word.end;
  if (gap == 2) return text[word.end] == '.' && text[word.end + 1] == ' ';
  return gap == 0 || (gap == 1 && is_one_of(text[word.end], U" _-.'’"));
}

class CueFinder {
 public:
  CueFinder(const FoldedText& text, std::vector<CueAt>& out) : text_(text), out_(out) {}

  void run() {
    for (size_t i = 0; i < text_.size();) {
      if (!text_.is_letter(i)) {
        ++i;
      } else if (!text_.is_spaced_letter(i)) {
        i = find_inside(i);
      } else {
        i = find_phrase(i);
      }
    }
  }

 private:
  // A word of a script without spaces: the longest cue that begins here.
  size_t find_inside(size_t start) {
    constexpr size_t kLongest = 12;
    std::string key;
    size_t found = 0;
    CueKind kind{};
    for (size_t i = start; i < start + kLongest && text_.is_letter(i) && !text_.is_spaced_letter(i);
         ++i) {
      utf8::append(key, text_[i]);
      if (const auto known = cue_table().find(key); known != cue_table().end())
        found = i + 1, kind = known->second;
    }
    if (found == 0) return start + 1;
    out_.push_back({start, found, kind});
    return found;
  }

  // The longest phrase of words that begins here. Returns where to go on.
  size_t find_phrase(size_t start) {
    Word word{start, word_end(text_, start)};
    const size_t next = word.end;
    if (word.end - word.start > kMaxCueLetters) return next;
    std::string key;
    size_t found = 0;
    CueKind kind{};
    for (size_t words = 1; words <= kMaxPhrase; ++words) {
      append_lower(key, text_, word);
      if (const auto known = cue_table().find(key); known != cue_table().end())
        found = word.end, kind = known->second;
      if (words == 1 && found == 0) found = find_ending(key, word, kind);
      size_t follow = text_.is_letter(word.end) ? word.end : word.end + 1;
      if (text_[word.end] == '.' && text_[follow] == ' ') ++follow;
      if (!text_.is_spaced_letter(follow)) break;
      const Word following{follow, word_end(text_, follow)};
      if (!joins(text_, word, following) || following.end - start > kMaxPhrase * kMaxCueLetters)
        break;
      key.push_back(' ');
      word = following;
    }
    if (found == 0) return next;
    out_.push_back({start, found, kind});
    return found;
  }

  static size_t find_ending(const std::string& key, const Word& word, CueKind& kind) {
    for (const auto& [ending, what] : kEndings) {
      if (!key.ends_with(ending) || key.size() == ending.size()) continue;
      kind = what;
      return word.end;
    }
    return 0;
  }

  const FoldedText& text_;
  std::vector<CueAt>& out_;
};

}  // namespace

Cues::Cues(const FoldedText& text) {
  CueFinder(text, all_).run();
}

// `reach` bounds the steps of both: cues do not overlap.
const CueAt* Cues::before(size_t position, size_t reach, CueKinds kinds) const {
  auto next = std::upper_bound(all_.begin(), all_.end(), position,
                               [](size_t p, const CueAt& cue) { return p < cue.end; });
  while (next != all_.begin()) {
    const CueAt& cue = *--next;
    if (position - cue.end > reach) break;
    if (holds(kinds, cue.kind)) return &cue;
  }
  return nullptr;
}

const CueAt* Cues::after(size_t position, size_t reach, CueKinds kinds) const {
  auto next = std::lower_bound(all_.begin(), all_.end(), position,
                               [](const CueAt& cue, size_t p) { return cue.start < p; });
  for (; next != all_.end() && next->start - position <= reach; ++next) {
    if (holds(kinds, next->kind)) return &*next;
  }
  return nullptr;
}

}  // namespace pawl::pii
