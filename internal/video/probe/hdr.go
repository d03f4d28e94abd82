package probe

import "strings"

// dynamicRange returns how brightness is coded, and the Dolby Vision profile if there is one.
func dynamicRange(transfer string, s stream, f frame) (HDR, int) {
	profile, base := dolby(s, f)
	if profile == 5 || base == noBase && (profile == 10 || profile == 20) {
		return DolbyVision5, profile
	}
	kind := SDR
	switch transfer {
	case "smpte2084":
		kind = HDR10
	case "arib-std-b67":
		kind = HLG
	case "":
		// The stream does not say; Dolby's record does.
		kind = map[int]HDR{1: HDR10, 4: HLG, 6: HDR10}[base]
	}
	if kind == "" {
		kind = SDR
	}
	if kind == HDR10 && (dynamic(s.SideData) || dynamic(f.SideData)) {
		kind = HDR10Plus
	}
	return kind, profile
}

// noBase is the compatibility id of a Dolby Vision stream whose base layer no other player can show.
const noBase = 0

// dolby returns the profile and the base layer's compatibility id: 1 HDR10, 2 SDR, 4 HLG, 6 HDR10 of an Ultra HD
// Blu-ray, 0 none (Dolby Vision Profiles and Levels 1.4, table "BL signal cross-compatibility ID").
func dolby(s stream, f frame) (profile, base int) {
	for _, d := range s.SideData {
		if d.Type == "DOVI configuration record" {
			return d.DolbyProfile.whole(255), d.DolbyBase.whole(255)
		}
	}
	// A remux can lose the record; the frames still carry what it said.
	for _, d := range f.SideData {
		if d.Type == "Dolby Vision Metadata" {
			return d.guessProfile(), -1
		}
	}
	return 0, -1
}

// guessProfile tells the profile from the header of an RPU, by the rule that libdovi and FFmpeg
// (ff_dovi_guess_profile_hevc) go by.
func (d sideData) guessProfile() int {
	switch {
	case d.RPUProfile == "0" && d.RPUFullRange == "1":
		return 5
	case d.RPUProfile != "1":
		return 0
	case d.RPUResampled != "1" || d.RPUWithoutExtra == "1":
		return 8
	case d.RPUBits == "12":
		return 7
	default:
		return 4
	}
}

// dynamic reports whether HDR10+ metadata is there: "HDR Dynamic Metadata SMPTE2094-40 (HDR10+)" of a frame, "HDR10+
// Dynamic Metadata (SMPTE 2094-40)" of a stream.
func dynamic(data []sideData) bool {
	for _, d := range data {
		if strings.Contains(string(d.Type), "2094-40") {
			return true
		}
	}
	return false
}
