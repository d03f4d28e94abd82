package render

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/scrubjay/scrubjay/internal/testkit/fakeffmpeg"
)

func TestMain(m *testing.M) {
	if fakeffmpeg.Active() {
		fakeffmpeg.Main()
	}
	goleak.VerifyTestMain(m)
}
