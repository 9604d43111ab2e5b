package scenario

import (
	"strings"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// culture is a place people come from: names, and how addresses and telephone numbers look there.
type culture struct {
	given, family string // blank-separated; _ stands for a blank inside a name
	familyFirst   bool
	country       string
	location      string // usageLocation, ISO 3166
	language      string
	city          string
	postalCode    string
	dial, area    string // country code, area code without trunk prefix
	trunk         string
}

var cultures = []culture{
	{given: "Jürgen Käthe Sören Grit Björn Änne Günther Ulrike", family: "Müller Groß Weiß Schröder von_der_Heide Köhler Strauß",
		country: "Germany", location: "DE", language: "de-DE", city: "Berlin", postalCode: "10117", dial: "49", area: "30", trunk: "0"},
	{given: "Élodie François Zoé Jérôme Anaïs Gaël Inès Benoît", family: "Lefèvre Hervé D'Amboise Müntz Bédard Garçon L'Hôpital",
		country: "France", location: "FR", language: "fr-FR", city: "Paris", postalCode: "75008", dial: "33", area: "1", trunk: "0"},
	{given: "Łukasz Małgorzata Zbigniew Agnieszka Paweł Święta", family: "Wójcik Dąbrowski Żak Łukasik Święcicki Ćwik",
		country: "Poland", location: "PL", language: "pl-PL", city: "Kraków", postalCode: "31-042", dial: "48", area: "12", trunk: ""},
	{given: "İbrahim Şule Çağrı Gökçe Oğuz Işıl", family: "Yılmaz Öztürk Çelik Şahin Kılıç Güneş",
		country: "Türkiye", location: "TR", language: "tr-TR", city: "İstanbul", postalCode: "34330", dial: "90", area: "212", trunk: "0"},
	{given: "María José Íñigo Lucía Ramón Begoña", family: "García_Núñez Peña Ibáñez Muñoz Güell Álvarez",
		country: "Spain", location: "ES", language: "es-ES", city: "Málaga", postalCode: "29001", dial: "34", area: "952", trunk: ""},
	{given: "Sinéad Oisín Niamh Eoghan Áine Pádraig", family: "O'Brien Ní_Dhomhnaill MacCárthaigh O'Súilleabháin Byrne",
		country: "Ireland", location: "IE", language: "en-IE", city: "Cork", postalCode: "T12 W8KP", dial: "353", area: "21", trunk: "0"},
	{given: "Åsa Øyvind Jón Þóra Märta Søren", family: "Ångström Bjørnsen Guðmundsdóttir Þorvaldsson Sjöberg Næss",
		country: "Sweden", location: "SE", language: "sv-SE", city: "Malmö", postalCode: "211 22", dial: "46", area: "40", trunk: "0"},
	{given: "Emma Liam Aaliyah DeShawn Mary-Jane Wyatt", family: "Smith Johnson-Lee St._Clair Washington Nguyen-Brown Cooper",
		country: "United States", location: "US", language: "en-US", city: "Seattle", postalCode: "98101", dial: "1", area: "206", trunk: ""},
	{given: "Nguyễn_Thị_Hương Trần_Văn_Đức Lê_Thị_Bích Phạm_Minh", family: "Đặng Vũ Hoàng Bùi",
		country: "Vietnam", location: "VN", language: "vi-VN", city: "Hà Nội", postalCode: "100000", dial: "84", area: "24", trunk: "0"},
	{given: "Ananya Rājesh Śrī_Devi Kṛṣṇa Priyanka Arjun", family: "Iyer Mukhopādhyāy Rao Naïr Chattopadhyay Singh",
		country: "India", location: "IN", language: "en-IN", city: "Bengaluru", postalCode: "560001", dial: "91", area: "80", trunk: "0"},
	{given: "太郎 花子 健一 美咲", family: "佐藤 鈴木 高橋 田中", familyFirst: true,
		country: "Japan", location: "JP", language: "ja-JP", city: "東京", postalCode: "100-0001", dial: "81", area: "3", trunk: "0"},
	{given: "Δημήτρης Ελένη Γιώργος Σοφία", family: "Παπαδόπουλος Οικονόμου Γεωργίου Αγγέλου",
		country: "Greece", location: "GR", language: "el-GR", city: "Αθήνα", postalCode: "105 57", dial: "30", area: "21", trunk: ""},
}

func pick(list string, n int) string {
	words := strings.Fields(list)
	return strings.ReplaceAll(words[n%len(words)], "_", " ")
}

// latin holds letters that decomposition does not reach, and the names that are not in Latin script at all.
var latin = strings.NewReplacer(
	"ß", "ss", "ø", "o", "Ø", "O", "ł", "l", "Ł", "L", "đ", "d", "Đ", "D", "ı", "i", "þ", "th", "Þ", "Th", "ð", "d", "æ", "ae",
	"太郎", "taro", "花子", "hanako", "健一", "kenichi", "美咲", "misaki", "佐藤", "sato", "鈴木", "suzuki", "高橋", "takahashi", "田中", "tanaka",
	"Δημήτρης", "dimitris", "Ελένη", "eleni", "Γιώργος", "giorgos", "Σοφία", "sofia", "Παπαδόπουλος", "papadopoulos", "Οικονόμου", "oikonomou",
	"Γεωργίου", "georgiou", "Αγγέλου", "angelou",
)

// nickname makes the ASCII form of a name that addresses use.
func nickname(name string) string {
	plain, _, err := transform.String(transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn)), norm.NFC), latin.Replace(name))
	if err != nil {
		plain = name
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '.', r == '-':
			return r
		case r >= 'A' && r <= 'Z':
			return unicode.ToLower(r)
		}
		return -1
	}, plain)
}
