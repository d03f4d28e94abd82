package ffmpeg_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/scrubjay/scrubjay/internal/testkit/fakeffmpeg"
)

func TestMain(m *testing.M) {
	if fakeffmpeg.Active() {
		fakeffmpeg.Main()
	}
	if pid := os.Getenv("SCRUBJAY_TEST_PARENT"); pid != "" {
		beParent()
	}
	goleak.VerifyTestMain(m)
}
