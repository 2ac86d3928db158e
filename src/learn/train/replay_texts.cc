#include "learn/train/replay_texts.h"

#include <algorithm>
#include <span>
#include <string_view>

#include "base/rng.h"

namespace pawl::learn {
namespace {

constexpr std::string_view kPerson[] = {
    "Maria Gonzalez",
    "James O'Connor",
    "Wei Zhang",
    "Priya Patel",
    "Ahmed Hassan",
    "Olga Petrova",
    "John Smith",
    "Fatima Al-Sayed",
    "Kenji Tanaka",
    "Sarah Johnson",
    "Lars Eriksson",
    "Amara Okafor",
    "Michael Brown",
    "Elena Rossi",
    "David Cohen",
    "Nguyen Van An",
    "Sofia Andersson",
    "Carlos Mendes",
    "Rachel Green",
    "Thomas Mueller",
    "Aisha Khan",
    "Peter Novak",
    "Emily Clark",
    "Daniel Kim",
    "Isabella Costa",
    "Robert Taylor",
    "Hannah Weber",
    "Mohammed Ali",
    "Laura Martin",
    "Jean Dupont",
    "Anna Kowalska",
    "Steven Wright",
    "Grace Lee",
    "Omar Farouk",
    "Julia Roberts",
    "William Turner",
    "Chloe Bernard",
    "Raj Singh",
    "Victoria Hall",
    "Andrew Scott",
    "Nina",
    "Oliver",
    "Mrs. Henderson",
    "Dr. Patel",
    "Mr. Lopez",
    "Angela",
    "Bob",
    "Tim Cook",
    "Barack Obama",
    "Marie Curie",
    "Albert Einstein",
    "Shakespeare",
    "Napoleon",
    "Elon Musk",
    "Nelson Mandela",
};

constexpr std::string_view kGpe[] = {
    "Paris",
    "London",
    "Lima",
    "Oslo",
    "Cairo",
    "Quito",
    "Bern",
    "Riga",
    "Germany",
    "France",
    "New York",
    "San Francisco",
    "Tokyo",
    "Mumbai",
    "Brazil",
    "Kenya",
    "Toronto",
    "Canada",
    "Texas",
    "California",
    "Chicago",
    "Madrid",
    "Spain",
    "Beijing",
    "China",
    "Berlin",
    "Sydney",
    "Australia",
    "Dublin",
    "Ireland",
    "Boston",
    "Seattle",
    "Warsaw",
    "Poland",
    "the United States",
    "the United Kingdom",
    "Mexico City",
    "Istanbul",
    "Turkey",
    "South Africa",
    "Vienna",
    "Austria",
    "Lagos",
    "Nigeria",
    "Rome",
    "Italy",
    "Ohio",
    "Florida",
    "Moscow",
    "Russia",
    "Hong Kong",
    "Singapore",
};

constexpr std::string_view kOrg[] = {
    "Google",
    "Microsoft",
    "Apple",
    "Amazon",
    "the United Nations",
    "Reuters",
    "IBM",
    "Toyota",
    "Siemens",
    "the European Commission",
    "NASA",
    "the World Bank",
    "Harvard University",
    "Stanford University",
    "the BBC",
    "Netflix",
    "Samsung",
    "Boeing",
    "Airbus",
    "the Red Cross",
    "Deutsche Bank",
    "Goldman Sachs",
    "Nike",
    "the Supreme Court",
    "Congress",
    "the Senate",
    "the FBI",
    "FIFA",
    "Manchester United",
    "the New York Yankees",
    "Oxfam",
    "Volkswagen",
    "Sony",
    "Intel",
    "Facebook",
    "Walmart",
    "Shell",
    "Lufthansa",
    "the Labour Party",
    "the National Gallery",
    "Pfizer",
    "Starbucks",
};

constexpr std::string_view kDate[] = {
    "Monday",
    "next Friday",
    "yesterday",
    "last year",
    "in 1998",
    "March 3",
    "June 2019",
    "the end of the month",
    "two weeks ago",
    "tomorrow",
    "January 15, 2021",
    "the 1980s",
    "this summer",
    "last Tuesday",
    "2024",
    "December",
    "three days later",
    "next week",
    "today",
    "October 12th",
    "the first quarter",
    "1945",
    "Saturday",
    "the following year",
    "a decade ago",
};

constexpr std::string_view kTime[] = {
    "at 5 pm",  "at noon",     "9:30 am",      "this morning", "two hours",       "tonight",
    "midnight", "ten minutes", "half an hour", "at 7:15",      "late last night", "a few minutes",
};

constexpr std::string_view kMoney[] = {
    "$5",
    "20 dollars",
    "$3.5 million",
    "€40",
    "about 300 euros",
    "£15",
    "$1,200 a month",
    "two billion dollars",
    "50 cents",
    "$99.99",
    "nearly 80,000 pounds",
};

constexpr std::string_view kPercent[] = {
    "5%",        "12 percent",  "nearly half of one percent", "30 %", "2.5 percent",
    "about 80%", "100 percent",
};

constexpr std::string_view kCardinal[] = {
    "two",   "three",  "five",         "12",           "forty", "seventeen", "100",
    "1,500", "dozens", "ten thousand", "half a dozen", "one",   "six",       "hundreds",
};

constexpr std::string_view kOrdinal[] = {
    "first", "second", "third", "fourth", "10th", "tenth", "21st",
};

constexpr std::string_view kNorp[] = {
    "American",  "French",     "German",   "Chinese", "Christian", "Muslim",
    "Democrats", "Republican", "Japanese", "Italian", "European",  "Russian",
    "Jewish",    "Mexican",    "Irish",    "African", "British",   "Spanish",
};

constexpr std::string_view kLoc[] = {
    "the Alps",        "Europe",         "Africa",         "the Pacific Ocean", "Asia",
    "the Middle East", "the Sahara",     "the Rhine",      "Mount Everest",     "South America",
    "the Amazon",      "the Baltic Sea", "the West Coast",
};

constexpr std::string_view kFac[] = {
    "the Golden Gate Bridge", "Heathrow Airport",    "Times Square", "the Eiffel Tower",
    "Wembley Stadium",        "Penn Station",        "Route 66",     "the White House",
    "Central Park",           "the Brooklyn Bridge",
};

constexpr std::string_view kProduct[] = {
    "the iPhone",    "a Boeing 747", "Windows 10", "the Model 3",   "the Galaxy S9",
    "PlayStation 5", "Kindle",       "Photoshop",  "a Honda Civic",
};

constexpr std::string_view kEvent[] = {
    "World War II",          "the Olympics",   "the World Cup", "Hurricane Katrina",
    "the French Revolution", "the Super Bowl", "the Cold War",
};

constexpr std::string_view kWork[] = {
    "Hamlet",           "\"The Great Gatsby\"",  "the Mona Lisa", "Star Wars",
    "Romeo and Juliet", "The Lord of the Rings", "\"Yesterday\"", "the Bible",
};

constexpr std::string_view kLaw[] = {
    "the First Amendment",
    "the Constitution",
    "the Clean Air Act",
    "the Treaty of Versailles",
};

constexpr std::string_view kLang[] = {
    "English", "Spanish", "French", "Arabic", "Mandarin", "German", "Latin", "Hindi",
};

constexpr std::string_view kQuantity[] = {
    "five miles", "20 kilometers",     "30 degrees", "two pounds",
    "six feet",   "100 square meters", "a gallon",   "ten tons",
};

constexpr std::string_view kTrainSentences[] = {
    "{person} met {person} in {gpe} {date}.",
    "My colleague {person} from {org} will call you {time}.",
    "{org} said {date} that it would close {cardinal} offices in {gpe}.",
    "Shares of {org} rose {percent} after the company reported a profit of {money}.",
    "please book {person} a flight to {gpe} for {date}",
    "Could you ask {person} to send the report to {org} by {date}?",
    "I spoke with {person} about the {norp} market and the new rules in {gpe}.",
    "The {norp} president flew to {gpe} on {date} to meet {person}.",
    "{person}, a spokesman for {org}, declined to comment.",
    "It costs {money} more than it did {date}.",
    "{person} was born in {gpe} in 1972 and studied at {org}.",
    "We drove {quantity} from {gpe} to {gpe} {date}.",
    "About {percent} of the {cardinal} people asked said they speak {lang}.",
    "what is the weather in {gpe} {date}",
    "remind me to call {person} {time}",
    "play {work} by {person}",
    "how far is it from {gpe} to {fac}?",
    "who won {event}",
    "The {ordinal} edition of {work} was sold for {money} in {gpe}.",
    "{org} and {org} signed an agreement worth {money}.",
    "{person} scored {cardinal} goals for {org} in the {ordinal} half.",
    "The storm moved from {loc} towards {gpe}, leaving {cardinal} dead.",
    "He wrote {work} while living near {fac}.",
    "Under {law}, {org} must publish its accounts every year.",
    "my name is {person} and I live in {gpe}",
    "I'm {person}, I ordered {product} {date} and it never came",
    "hi, this is {person} again, did {person} get back to you?",
    "thanks {person}, see you {date}",
    "can you translate this from {lang} into {lang} for {person}",
    "my manager {person} wants it {time}",
    "{person} and {person} are getting married in {gpe} {date}!",
    "the meeting with {org} moved to {date} {time}",
    "I transferred {money} to {person} {date} and it has not arrived",
    "is {person} still working for {org}?",
    "{person} told {org} that sales of {product} fell {percent}.",
    "The museum in {gpe} owns {cardinal} paintings from {loc}.",
    "Scientists at {org} measured {quantity} of ice in {loc}.",
    "The bridge near {fac} is {quantity} long and was opened {date}.",
    "During {event}, {person} fled from {gpe} to {gpe}.",
    "{norp} voters gave {person} {percent} of the vote.",
    "The {norp} team finished {ordinal} at {event}.",
    "A court in {gpe} fined {org} {money} for breaking {law}.",
    "{person} (born {date}) is a {norp} writer.",
    "According to {person}, who leads {org}, the price will stay below {money}.",
    "In {loc}, {cardinal} of the villages have no clean water.",
    "We bought {cardinal} tickets for {event} at {money} each.",
    "She moved to {gpe} {date} to work for {org} with {person}.",
    "{person} teaches {lang} at a school in {gpe}.",
    "Police in {gpe} arrested {cardinal} men {date}.",
    "{org} plans to hire {cardinal} engineers in {gpe} {date}.",
    "The letter from {person} to {person} was dated {date}.",
    "an uncle of mine, {person}, fought in {event}",
    "tell {person} the {norp} restaurant near {fac} is closed {date}",
    "could {person} from accounting check the {money} that {org} paid?",
    "{person}'s flight to {gpe} is delayed by {time}",
    "invite {person}, {person} and {person} to dinner on {date}",
    "The train leaves {gpe} {time} and needs {time} to reach {gpe}.",
    "Temperatures in {gpe} reached {quantity} {date}.",
    "{org} was founded by {person} and {person} in {gpe}.",
    "the app crashes every time I open the settings page",
    "how do I undo my last commit without losing changes",
    "write a short poem about the sea and the moon",
    "my screen stays black after the update, what can I do",
    "explain recursion to me like I am a child",
    "the customer is angry and wants a refund, help me answer",
    "i love this, thank you so much",
    "why is my query so slow on the big table",
    "make this function faster please",
    "what should I cook with rice, beans and tomatoes",
    "the build fails with a timeout and nobody knows why",
    "could you summarise the notes from our last meeting",
    "turn off the lights in the kitchen",
    "set an alarm for half past six",
    "I don't understand what this error is trying to tell me",
    "{person} asked how to restart the server",
    "good morning {person}, the printer in the lobby is broken",
    "Give {person} {money} and keep the rest.",
    "{person} has been in {loc} since {date}.",
    "The {ordinal} amendment of {law} concerns {norp} citizens.",
    "{org} bought {product} makers from {gpe} for {money} in cash.",
    "{org}, based in {gpe}, employs {cardinal} people.",
    "Prices in {gpe} fell by {percent} in {date}.",
    "{person} won {money} in a lottery in {gpe} {date}.",
    "For {time} nobody spoke; then {person} laughed.",
    "My sister lives {quantity} from {fac}.",
    "Thousands of {norp} tourists visit {loc} every year.",
    "{person} plays the piano and speaks {lang}, {lang} and a little {lang}.",
    "He paid {money} for {product} at a shop in {gpe}.",
    "As {person} once said in {work}, all things end.",
    "{gpe} and {gpe} will vote on the treaty {date}.",
    "Until {date}, {person} worked {cardinal} nights a week at {fac}.",
};

constexpr std::string_view kHeldOutSentences[] = {
    "{person} joined {org} {date} after {cardinal} years at {org}.",
    "Ministers from {gpe} and {gpe} met near {loc} {date}.",
    "The company, {org}, lost {money}, or {percent} of its value.",
    "does {person} know that {person} left for {gpe}?",
    "I need directions to {fac} from {gpe}",
    "{person} painted it in {gpe} around {date}.",
    "The {norp} government promised {money} to victims of {event}.",
    "my friend {person} says {product} is better",
    "forward this to {person} at {org} {time} please",
    "{person} read {work} in {lang} for the {ordinal} time.",
    "The road through {loc} is {quantity} long.",
    "{org} has {cardinal} members, most of them {norp}.",
    "Judge {person} ruled that {law} does not apply in {gpe}.",
    "On {date}, {person} arrived in {gpe} with {cardinal} children.",
    "{person} of {org} finished {ordinal}, {time} behind {person}.",
    "why does my code print nothing at all",
    "please rewrite this paragraph in a friendlier tone",
    "{person} owes me {money} since {date}",
    "Rents in {gpe} went up {percent} {date}, {org} said.",
    "when did {person} become president of {gpe}",
};

struct Filler {
  std::string_view name;
  std::span<const std::string_view> values;
};
constexpr Filler kFillers[] = {
    {"person", kPerson},   {"gpe", kGpe},           {"org", kOrg},         {"date", kDate},
    {"time", kTime},       {"money", kMoney},       {"percent", kPercent}, {"cardinal", kCardinal},
    {"ordinal", kOrdinal}, {"norp", kNorp},         {"loc", kLoc},         {"fac", kFac},
    {"product", kProduct}, {"event", kEvent},       {"work", kWork},       {"law", kLaw},
    {"lang", kLang},       {"quantity", kQuantity},
};

constexpr uint64_t kSeed = 20260101;
constexpr size_t kVariants = 12;  // of a sentence

// A word that nobody has heard of, as names in the world are to a small model.
std::string made_up_word(Rng& rng) {
  constexpr std::string_view kOnsets[] = {"b",  "br", "c",  "ch", "d", "dr", "f",  "g", "gr", "h",
                                          "j",  "k",  "l",  "m",  "n", "p",  "qu", "r", "s",  "sh",
                                          "st", "t",  "tr", "v",  "w", "y",  "z",  "sk"};
  constexpr std::string_view kRhymes[] = {"a",  "e",  "i",   "o",  "u",   "an",  "el", "in",
                                          "or", "us", "ai",  "ea", "ock", "en",  "er", "is",
                                          "ov", "ez", "ton", "ia", "o",   "ard", "y"};
  std::string out;
  for (uint64_t i = 0, syllables = 1 + rng.below(3); i < syllables; ++i) {
    out += kOnsets[rng.below(std::size(kOnsets))];
    out += kRhymes[rng.below(std::size(kRhymes))];
  }
  out[0] = static_cast<char>(out[0] - 'a' + 'A');
  return out;
}

bool is_name(std::string_view filler) {
  return filler == "person" || filler == "gpe" || filler == "org" || filler == "product" ||
         filler == "work" || filler == "loc" || filler == "fac" || filler == "event";
}

std::string made_up_name(std::string_view filler, Rng& rng) {
  const bool two = filler == "person" ? rng.below(3) > 0 : rng.below(3) == 0;
  return made_up_word(rng) + (two ? " " + made_up_word(rng) : std::string());
}

std::string filled(std::string_view sentence, bool made_up, Rng& rng) {
  std::string out;
  while (true) {
    const size_t open = sentence.find('{');
    out += sentence.substr(0, open);
    if (open == std::string_view::npos) return out;
    const size_t close = sentence.find('}', open);
    const std::string_view name = sentence.substr(open + 1, close - open - 1);
    const Filler* filler =
        std::find_if(std::begin(kFillers), std::end(kFillers),
                     [&](const Filler& candidate) { return candidate.name == name; });
    if (filler == std::end(kFillers)) {
      out += name;  // not a filler's: a mistake that a test would show
    } else if (made_up && is_name(name)) {
      out += made_up_name(name, rng);
    } else {
      out += filler->values[rng.below(filler->values.size())];
    }
    sentence.remove_prefix(close + 1);
  }
}

std::vector<std::string> variants(std::span<const std::string_view> sentences, Rng& rng) {
  std::vector<std::string> out;
  for (const std::string_view sentence : sentences) {
    const bool fixed = sentence.find('{') == std::string_view::npos;
    for (size_t i = 0; i < (fixed ? 1 : kVariants); ++i)
      out.push_back(filled(sentence, i % 2 == 1, rng));
  }
  rng.shuffle(out);
  return out;
}

}  // namespace

const ReplayTexts& replay_texts() {
  static const ReplayTexts texts = [] {
    Rng rng(kSeed);
    ReplayTexts out;
    out.train = variants(kTrainSentences, rng);
    out.held_out = variants(kHeldOutSentences, rng);
    return out;
  }();
  return texts;
}

}  // namespace pawl::learn
