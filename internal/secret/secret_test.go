package secret_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/scrubjay/scrubjay/internal/secret"
)

func TestASecretPrintsAsDots(t *testing.T) {
	s := secret.New("  hunter2-hunter2\n")
	if s.Reveal() != "hunter2-hunter2" {
		t.Errorf("Reveal() = %q, want it trimmed", s.Reveal())
	}
	in := struct {
		S secret.Secret
		P *secret.Secret
	}{s, &s}
	asJSON, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	printed := []string{string(asJSON), fmt.Sprint(in), fmt.Sprint(s, &s)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		printed = append(printed, fmt.Sprintf(verb, s), fmt.Sprintf(verb, in))
	}
	for _, p := range printed {
		if strings.Contains(p, "hunter2") || strings.Contains(p, fmt.Sprintf("%x", "hunter2")) {
			t.Errorf("it prints as %s", p)
		}
	}
	if got := secret.New("").String(); got != "" {
		t.Errorf("no secret prints as %q", got)
	}
}

func TestMaskFindsSecretsInAnyDress(t *testing.T) {
	secret.New("tok/en+with odd&signs\"")
	secret.New("tok/en+with odd&signs\"-and-more")
	text := `plain tok/en+with odd&signs" json {"t":"tok/en+with odd\u0026signs\""} ` +
		`query ?t=tok%2Fen%2Bwith+odd%26signs%22&x=1 path /tok%2Fen+with%20odd&signs%22/ ` +
		`longer tok/en+with odd&signs"-and-more`
	got := secret.Mask(text)
	for _, left := range []string{"tok/en", "tok%2F", "and-more"} {
		if strings.Contains(got, left) {
			t.Errorf("%q is left in %s", left, got)
		}
	}
	if !strings.Contains(got, "&x=1 path") {
		t.Errorf("more than the secret is gone: %s", got)
	}
	broken := secret.New("no\xfftext\"&").Reveal()
	for _, text := range []string{fmt.Sprintf("%q", broken), string([]rune(broken))} {
		if got := secret.Mask(text); strings.Contains(got, "text") {
			t.Errorf("it is left in %s", got)
		}
	}
}

func TestMaskLeavesShortWordsAlone(t *testing.T) {
	secret.New("admin")
	if got := secret.Mask("the admin says"); got != "the admin says" {
		t.Errorf("Mask = %q", got)
	}
}
