package linkpages

import "slices"

// The apps that open the links.
const (
	appleApp      = "5NN7GUYB6T.chat.simplex.app"
	googlePackage = "chat.simplex.app"
)

// googleCertificates are the SHA-256 fingerprints of those that sign the app in its stores.
var googleCertificates = []string{
	"5E:3E:DC:C2:00:FB:A8:D5:F4:88:F3:CA:4C:32:5B:05:78:C5:6A:9C:03:A1:CC:B5:92:9C:D7:5C:7E:57:E2:4D",
	"3C:52:C4:FD:3C:AD:1C:07:C9:B0:0A:70:80:E3:58:FA:B9:FE:FC:B8:AF:5A:EC:14:77:65:F1:6D:0F:21:AD:85",
	"AE:C1:95:DC:FD:46:14:BD:3A:91:EC:26:D1:D5:14:C8:75:71:C5:CC:8D:CF:48:08:3F:92:83:14:3C:A2:B9:A6",
}

type (
	appleLinks struct {
		AppLinks appleDetails `json:"applinks"`
	}
	appleDetails struct {
		Details []appleDetail `json:"details"`
	}
	appleComponent struct {
		Path string `json:"/"`
	}
)

type appleDetail struct {
	AppIDs     []string         `json:"appIDs"`
	Components []appleComponent `json:"components"`
}

// appleFile leaves links of relays to the browser, as the reference does.
func appleFile() appleLinks {
	detail := appleDetail{AppIDs: []string{appleApp}}
	for _, p := range slices.DeleteFunc(slices.Clone(paths), func(p string) bool { return p == "r" }) {
		detail.Components = append(detail.Components, appleComponent{"/" + p + "/*"}, appleComponent{"/" + p})
	}
	return appleLinks{appleDetails{[]appleDetail{detail}}}
}

type googleStatement struct {
	Relation []string     `json:"relation"`
	Target   googleTarget `json:"target"`
}

type googleTarget struct {
	Namespace    string   `json:"namespace"`
	Package      string   `json:"package_name"`
	Fingerprints []string `json:"sha256_cert_fingerprints"`
}

func googleFile() []googleStatement {
	return []googleStatement{{
		Relation: []string{"delegate_permission/common.handle_all_urls"},
		Target:   googleTarget{"android_app", googlePackage, googleCertificates},
	}}
}
