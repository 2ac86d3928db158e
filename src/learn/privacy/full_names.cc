#include "learn/privacy/full_names.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "base/utf8.h"

namespace pawl::learn {

namespace {

using WordSet = std::unordered_set<std::string_view>;

#include "learn/privacy/name_tables.inc"

WordSet words_of(std::string_view list) {
  WordSet words;
  for (size_t at = 0; at < list.size();) {
    const size_t end = std::min(list.find(' ', at), list.size());
    if (end > at) words.insert(list.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

// Written in Latin letters where the tables have another script, and the other form of surnames that
// have two.
constexpr std::string_view kMoreGivenNames =
    "akira alexei alexey andrei anastasia boris chen chiara daisuke dmitri dmitry ekaterina fang haruto "
    "hiroshi hui igor jin jun kenji li lei mei min ming minh natalia nikolai oleg olena oluwaseun "
    "ping qiang sakura sergei sergey svetlana takashi tatiana tatyana thi tuan vladimir wei xiao xin "
    "yan yuki yulia yuri zhen";
constexpr std::string_view kMoreSurnames =
    "adeyemi chang chen cheng chu gao guo han hasegawa hayashi huang huynh inoue ito ivanov ivanova "
    "kato kimura kobayashi kowalska kowalski kuznetsov kuznetsova lewandowska lewandowski li lin liu "
    "mensah mori nakamura ngo nowak okafor okoye osei park petrov petrova popov popova sasaki sato "
    "shimizu singh smirnov smirnova sokolov sokolova sun suzuki takahashi tanaka tran volkov "
    "volkova vu wang watanabe wisniewska wisniewski wu xu yamada yamamoto yang yoshida yu zhang "
    "zhao zheng zhou zhu";

WordSet joined(std::string_view one, std::string_view other) {
  WordSet words = words_of(one);
  words.merge(words_of(other));
  return words;
}

bool is_given_name(std::string_view word) {
  static const WordSet names = joined(kGivenNames, kMoreGivenNames);
  return names.contains(word);
}

bool is_surname(std::string_view word) {
  static const WordSet names = joined(kSurnames, kMoreSurnames);
  return names.contains(word);
}

// Names that are everyday words or places besides.
bool is_everyday(std::string_view word) {
  static const WordSet words = words_of(
      "abbey ace add age among anon each else ever joke lot lad mar made merchant more must per put said too were "
      "adelaide aid aim alabama alexandria alexa ally alma almond alpha alta amber america amor anchor angel "
      "angeles angelic ants apollo apple april arch archive area aren't art arts ash ashes asia atlas augusta august aura "
      "aurora austin author autumn ava avenue avery avon baba babe baby bail baker bale ball bama ban band bands banks bar "
      "barber bard bare barn baron barry base basil bass bath batman bay baxter beach bean bear beard beat beck bed bee beer "
      "bell bells belt bench bend bender bent berlin berry best beta bid big bigot bill bills billy bin bins bird birds bishop "
      "bit bite bitten bits black blade blake blank blaze bless blessing bliss block blossom blow blue board boat bob bolt bon "
      "bond bone bones book booth border boss boston bottom bourne bow bowl bowler box brain brake branch brand brandy brands "
      "brave bravo bread break brick bricks bride bridge bridges bright brink bristol broad brook brooklyn brooks brown brush "
      "buck bud buddy bug build bull bunch burger burn burns bury bus bush buster busy butcher butler button buy cab cabin cable "
      "cage cain cake call cam camp camps can candle candy cane cannon canny cant cap cape caps captain car card cards care carey "
      "cares carol carolina carpenter carrier carry cart carter case cases casey cash castle catch cave chain chair chamber champ "
      "champagne champion chan chance chances chandler change channel chapel chapman char charge charity charles chart chase "
      "chat check chelsea cheng cherry chest chi child chill chin china chip chips choice christian christmas church city claim "
      "class clay clear clerk cliff clinton close closed cloud clover clue coach coal coast coat cobb code coin cold cole collar "
      "collins colon colonel colt come comer comfort comment common con constant contact contractor cook cool cooper cope copper "
      "coral cord core cork corn corner cost costa cotton council count country course court cousin cover cox craft crane craven "
      "crawl cream credit creed creek crew crisp cross crow crown cruise crystal cup cure curry curtain curtis cut cutler cyber "
      "cycle dad daily dakota dallas dam dame damp dan dance dare dark darling dart dash data date david dawn day days dean dear "
      "death dee deep deer del delay delete dell delta den denim dent denver depot desert design desire desk destiny dev diamond "
      "dick diesel diet dim din disco dish diver dixie dock doctor dollar dolly dom don donkey door dot doubt dove down drain "
      "drake draw drew drink drive driver drop drum dry duck due duff duke dunk dusk dust dusty dutch eagle earl early earth east "
      "easter easy ebony echo eden edge edit ella em ember emerald emotion end english entry error escape esperanza estate estela "
      "eternity eve even event ever exam exit eye face faces fair fairy faith fall falls fame fan fancy far fare fares farm farmer "
      "fast faust favor fay fear fee feed felicity fellow felt fence fern ferry field fields fig fight file fill film find fine "
      "finish fire firm first fish fisher fist fit flag flash flat flint flood floor florence florida flower flowers fly focus fog "
      "folk food foot force ford foreman forest forge forget fork form fort fortune forum forward foster fountain fox frame france "
      "franchise frank franklin free freedom freeman french fresh friend friends frost fruit fry fuel full fuller fun fund funk gain "
      "gal gala game garden gardener garland gate gates gay gem gene genesis german germany george georgia gift giver glass glasses "
      "glory go goal god gold golden good grace grain grand grant grants graph grass grave gravel graves gray great green grey grip "
      "gross ground group grove grow growth guard guess guide gulf gun gunner gut guy guys hack hacker hail hair hall ham hammer hand "
      "handler handy happy harbor hard hardware harm harmony hart harvest hat haven hawk hawkins hay haze hazard hazel head heal "
      "health healthy heap heard heart heat heath heather heaven heck height held hell helm help hen hens herb herd heritage hero "
      "hidden high hill hills hint hit hold holder hole holland holly hollow home honest honey honor hood hook hooker hope horn "
      "horse hose host hostage hot house how hub huge hull hunger hunt hunter hurt ice idea inch india indie indigo info inn "
      "innocent insight internet ion iron irving isis island israel issue item iv ivory ivy jack jail jam james jan java jay jazz "
      "jean jersey jet jewel job joke jordan journey joy judge jug juice julia july jump june junior junk juno jury just justice "
      "karma keen keep keeper kent kenya key keys kick kid kidd kill killer kin kind kindle king kings kink kiss kit kitchen kite "
      "knife knight knock knot know lab labor lace ladder lads lady lake lamb lamp lance land lane lang language lap large lark last "
      "late latte laurel law lawn lawyer lay lead leader leaf leah lean learn leather leave lee leg legacy legend lemon lens leo "
      "level liberty lid life lift light lighter like lily lima lime limit line lines link lion lip list little live load loan local "
      "loch lock lode london lone long look looker loop loot lord lore lot lotta lotus loud lourdes love lover low loyal luck lucky "
      "luna lux lynx mac mace mad madison magic magnet mail maine major make maker mall malta man manager mane manila manly manner "
      "manning mans manual many map maple mar marble march mare marine mark market marks mars marsh marshal marshall martial mask "
      "mason mass master masters mat match mate mates max may maya mayor mead meadow meal mean measure meat media medina meet melody "
      "melon memory mental mention mercedes mercury mercy merit merry mesh message metal meter mets mexico miami mica mice mid milan "
      "mile miles milk mill miller mills mimi mind mine miner mint minute miracle mission mist mix mobile mode model modern mole mom "
      "monday money monk month moon moor morning mortgage moss mother motor mound mount mountain mouse move mud mule multi muse music "
      "my mystery nail name nana napoli narrow nash nation native navy near neat neck need nelson neo nest net nevada never new news "
      "newton next nice nick night nil noble noise noon nord normal norman north norway note nova novel november number oak obey ocean "
      "octavia october odd off office officer oil old olive omega one only opal open opera orange orchard order origin orlando owe owl "
      "own owner oxford pace pack page pages paige pain paint pair pal palace pale palm pan panda pandora panther paper parade parent "
      "paris parish park parker parking parks parrot part parts party pass past pastor pat patch path patience patient patrol patty paw "
      "pay payer payne peace peach peacock peak pear pearl peer peers pen penny people pepper perfect peril person perry pet petal peters "
      "petrol petty phone phoenix piano pick pie piece pier pig pike pile pilot pin pine pink pioneer piper pipes pit pitch pitt place "
      "plain plan plank plant plate play plaza plum point poison poker pole police policy polo pond pool poole poor pop pope poppy port "
      "porter portal post pot potter pound powder power powers praise prat pray precious price pride priest prime prince princess print "
      "prior prize process prof profit proof prosper proud pulse pump punch pure purity purple purse push queen quest quick quiet quill "
      "race rack radar radio rage raid rail rain rainbow raise ram ramp ranch random range ranger rank rapid raven raw ray reach read "
      "reader ready real reason reboot record red reed reef refund regal regent rein rent rest return reward rex rice rich rick ride "
      "rider right ring rio rise risk river rivers road roads robin rock rocket rod rode role roll roller roman rome romeo roof room root "
      "roots rope rosa rose rosie rosemary rough round route row royal ruby rude rule run rush russia rust rusty sad saddle safari safe "
      "saga sage sail saint salad salami sale sales sally salt sam samba sand sandal sandy sane santa santiago santos sapphire sara satin "
      "savage savannah save say scale scan school score scott scout scratch screen script sea seal search season seat second secret secure "
      "see seed seek self sell send senior sense sent serena serenity serial serve server service set seven sever shadow shah shaker shall "
      "sham shame shape share sharp shed sheen sheep sheet shell sherry shield shift shine ship shirt shoe shop shore short shot show shut "
      "shy sick side siege sierra sign signs silence silk silver sims simple sin singer single sir sister site skill skin skinner skip sky "
      "skye slater sleep slice slide slim slow small smart smile smoke snare snow sofia soft sol solar sole solid solo solution son song "
      "sonic sonny sorrow soul sound south space spain spark sparks speak spear special speed spell spence spice spider spike spill spin "
      "spirit sport spot spring springs spy square stable stack staff stage stair stamp stand standard stanza staples star stark start "
      "state station stay steam steel steer stella step stern stick still stock stone stones stop store storm story strand strange "
      "straw stream street strike string strong style subject success sue sugar suit suits sultan sum summer summers sun sunday sunny "
      "sunshine support sure surge swan sweden sweet swift swing switch sword sydney tab table tack tag tail tailor take tale talk tan tang "
      "tango tank tape target task tax taylor tea teach team tear teller temple ten tender tennis tent term test texas text thank thanks "
      "theme theory thin thing think thomas thorn ticket tide tie ties tiger till tim timber time tin tina tip tired title toast today token "
      "tom tone tony tool top torch total touch tour tow towel tower town toy track trade trail train travel treat tree trend trial tribe "
      "trinity trip trout troy truck true trump trunk trust truth tub tube tuck tug tulip tune turf turn turner twin two tyre ula ulla "
      "under unfair union unique unit unity up upper urban urge urgent use user vale valentine valid valley value van vane vapor vault "
      "vegas velvet vera verify version vet vi vice victor victoria victory vida view viking villa village vine vinyl viola violet viper "
      "virgin virginia virtue vision vista voice void volt volume wade wage wait waiter wake wales walk walker wall walls walter wang ward "
      "warm warner warrior wash washington waste watch water waters watt wave wax way web wed week weight well wells west wheat wheel "
      "wheeler while whip white whole wide wild wilder will willow wills win wind window wine wing winner winston winter winters wire wise "
      "wish wit wolf wonder wong wood woods wool word words work worker world worth wrap wren wright write xl yang yard year yellow yoga "
      "york young youth zen zero zion zone zoom");
  return words.contains(word);
}

bool may_stand_between(const std::string& word) {
  static const WordSet particles =
      words_of("van von de da del della di der den la le bin ibn al el dos du ten ter zu y");
  return utf8::count(word) == 1 || particles.contains(word) || is_given_name(word);
}

bool is_full_name(const std::string& first, const std::string& last) {
  if (is_everyday(first) && is_everyday(last)) return false;
  return (is_given_name(first) && is_surname(last)) ||
         (is_surname(first) && is_given_name(last) && !is_everyday(first) && !is_everyday(last));
}

}  // namespace

bool is_plain_given_name(std::string_view word) {
  return utf8::count(word) >= 3 && is_given_name(word) && !is_everyday(word);
}

bool is_plain_surname(std::string_view word) {
  return is_surname(word) && !is_everyday(word);
}

bool holds_full_name(std::span<const std::string> words) {
  constexpr size_t kMostBetween = 2;
  for (size_t i = 0; i < words.size(); ++i) {
    if (!is_given_name(words[i]) && !is_surname(words[i])) continue;
    for (size_t k = i + 1; k < words.size() && k - i <= kMostBetween + 1; ++k) {
      if (is_full_name(words[i], words[k])) return true;
      if (!may_stand_between(words[k])) break;
    }
  }
  return false;
}

}  // namespace pawl::learn
