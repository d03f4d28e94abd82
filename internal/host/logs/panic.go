package logs

import (
	"fmt"
	"io"
	"runtime/debug"

	"github.com/rs/zerolog"

	"github.com/scrubjay/scrubjay/internal/secret"
)

// Panic logs what recover returned, with the stack of the panic. Call it in the deferred function that recovered:
//
//	defer func() {
//		if value := recover(); value != nil {
//			logs.Panic(log, value)
//		}
//	}()
func Panic(log zerolog.Logger, value any) {
	log.Error().Str("panic", fmt.Sprint(value)).Str(stackKey, string(debug.Stack())).Msg("panicked")
}

// Main runs f, which is all that main does, and returns its exit status. When f panics, what the runtime would have
// printed goes to w, masked, and the status is 1, "error"; the runtime's own is 2, which for us means wrong usage.
func Main(w io.Writer, f func() int) (status int) {
	defer func() {
		if value := recover(); value != nil {
			fmt.Fprint(w, secret.Mask(fmt.Sprintf("panic: %v\n\n%s", value, debug.Stack())))
			status = 1
		}
	}()
	return f()
}
