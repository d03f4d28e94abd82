// Package cli is Scrubjay's command line: it turns arguments into requests and results into text for people and
// JSON for scripts. Its flags, JSON field names and exit statuses are a contract that scripts rely on.
//
// What people watch (progress, the log, errors) goes to stderr; what a command was asked for goes to stdout. With
// --json, stdout has one JSON object per line and nothing else. The package renders nothing itself: it hands videos
// to an [Engine] and knows neither containers nor recipes. It keeps no state between two runs, so tests run
// commands side by side.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"github.com/rs/zerolog"

	"github.com/scrubjay/scrubjay/internal/daemon"
	"github.com/scrubjay/scrubjay/internal/host/buildinfo"
	"github.com/scrubjay/scrubjay/internal/host/config"
	"github.com/scrubjay/scrubjay/internal/host/logs"
	"github.com/scrubjay/scrubjay/internal/host/paths"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// Env is all of the outside world that a command touches. Tests put their own in.
type Env struct {
	Name   string // of the program, for help and messages
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	// Screen reports how large the terminal behind w is; ok is false when w is no terminal that can move its cursor.
	Screen func(w io.Writer) (width, height int, ok bool)
	// Typed reports whether a person types what Stdin has, so that there is somebody to ask.
	Typed func() bool
	// Browse opens an address where there is a desktop to open it on. Where there is none, the person has read it.
	Browse func(url string)
	Getenv func(string) string
	Now    func() time.Time
	Cores  int // CPU cores that this process may use
	Build  buildinfo.Info
	Dirs   paths.Dirs
	Engine Engine
	// LimitMemory tells the runtime how many bytes of memory this program should take. It is process-wide, so tests
	// leave it nil.
	LimitMemory func(bytes int64)
}

// Run runs the command line args (without the program's name) and returns the exit status; [Statuses] lists them.
// SIGINT and SIGTERM cancel what runs; Run then returns when all of it has ended.
func Run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as nohup does
		signals = append(signals, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	defer stop()
	// A reader of our stdout who leaves ("| head -1") must not kill us on the spot: with somebody listening for
	// SIGPIPE the write fails instead, and we can clean up.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)

	env := Env{
		Name:   "scrubjayd",
		Stdin:  stdin,
		Stdout: stdout,
		Stderr: stderr,
		Screen: screenOf,
		Typed:  func() bool { return typed(stdin) },
		Browse: browse,
		Getenv: os.Getenv,
		Now:    time.Now,
		Cores:  runtime.GOMAXPROCS(0), // heeds the limit of a container, which NumCPU does not
		Build:  buildinfo.Read(),
		Dirs:   paths.Find(),
	}
	env.Engine = realEngine(env.Dirs)
	env.LimitMemory = func(bytes int64) { limitMemory(env.Getenv, bytes) }
	return env.Run(ctx, args)
}

// grammar is the command line as kong reads it.
type grammar struct {
	Verbose bool `short:"v" help:"Show the log: what was tried, and what FFmpeg said."`

	Login     loginCmd     `cmd:"" help:"Sign in to Plex and set up a server."`
	Logout    logoutCmd    `cmd:"" help:"Forget the sign-in, here and at plex.tv."`
	Servers   serversCmd   `cmd:"" help:"List the Plex servers."`
	Libraries librariesCmd `cmd:"" help:"List the libraries, and how many of their videos have previews."`
	Scan      scanCmd      `cmd:"" help:"Make the previews that libraries or folders lack."`
	Jobs      jobsCmd      `cmd:"" help:"List the jobs of the past and those that go on."`
	Attention attentionCmd `cmd:"" help:"List the videos that failed three times and rest."`
	Retry     retryCmd     `cmd:"" help:"Try videos again that failed."`
	Config    configCmd    `cmd:"" help:"Look at the settings."`

	Generate generateCmd `cmd:"" help:"Make the previews of single videos."`
	Inspect  inspectCmd  `cmd:"" help:"Look into a preview (BIF file)."`
	Devices  devicesCmd  `cmd:"" help:"List the devices that can make previews, and why one cannot."`
	Doctor   doctorCmd   `cmd:"" help:"Check this machine: FFmpeg, devices, folders, room on the disk."`
	Version  versionCmd  `cmd:"" help:"Print which Scrubjay this is."`
}

// app is one run of one command.
type app struct {
	Env
	verbose bool
	log     zerolog.Logger
	stderr  *screen
	paint   paint                      // for stderr
	proofs  map[string][]preview.Proof // by ID, of the devices that devices found
}

// Run is the exported [Run] without the process: it ends when ctx does, with the status for "interrupted".
func (e Env) Run(ctx context.Context, args []string) int {
	var g grammar
	helped := false
	parser, err := kong.New(&g,
		kong.Name(e.Name),
		kong.Description("Scrubjay makes the little pictures that Plex shows while you drag the seek bar."),
		kong.Writers(e.Stdout, e.Stderr),
		kong.Exit(func(int) { helped = true }),
		kong.Help(help),
		kong.PostBuild(func(k *kong.Kong) error {
			k.Model.HelpFlag.Help = "Show this help."
			return nil
		}),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true, WrapUpperBound: 100}),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	if err != nil {
		panic(err) // the grammar above is wrong; every test would have seen it
	}
	if len(args) == 0 { // somebody has a first look
		parser.Stdout = e.Stderr
		_, _ = parser.Parse([]string{"--help"})
		return exitUsage
	}
	k, err := parser.Parse(args)
	if helped {
		return exitDone
	}
	a := &app{Env: e, stderr: newScreen(e.Stderr, e.Screen), paint: e.paintFor(e.Stderr)}
	if err != nil {
		if p, ok := errors.AsType[*kong.ParseError](err); ok {
			k = p.Context
		}
		if strings.HasPrefix(err.Error(), "unknown flag") { // as kong words it
			err = fmt.Errorf("%s A file name that begins with a dash goes after --", sentence(err.Error()))
		}
		return a.end(ctx, k, usage("%v", err))
	}
	a.verbose, a.log = g.Verbose, a.logger(g.Verbose)
	e.limitMemory(videoMemory)
	return a.end(ctx, k, k.Run(a))
}

// end tells the person what went wrong, if anything did, and returns the exit status.
func (a *app) end(ctx context.Context, k *kong.Context, err error) int {
	switch {
	case ctx.Err() != nil:
		return exitInterrupted
	case err == nil:
		return exitDone
	case errors.Is(err, errSomeFailed):
		return exitSomeFailed
	case errors.Is(err, errSaid):
		return exitError
	}
	if _, ok := errors.AsType[*usageError](err); ok {
		command := a.Name
		if k != nil && k.Selected() != nil {
			command = k.Selected().FullPath()
		}
		fmt.Fprintf(a.stderr, "%s: %s\nRun \"%s --help\" to see how it is used.\n", a.Name, said(sentence(err.Error())), command)
		return exitUsage
	}
	a.log.Error().Err(err).Msg("gave up")
	fmt.Fprintf(a.stderr, "%s: %s\n", a.Name, explain(err))
	switch preview.ReasonOf(err) {
	case preview.ConfigDamaged, preview.ConfigInvalid: // which setting, and where it is, is all that helps
		if problems, ok := errors.AsType[config.Problems](err); ok {
			err = problems // without what we were doing
		}
		for line := range strings.SplitSeq(err.Error(), "\n") {
			fmt.Fprintf(a.stderr, "  %s\n", said(line))
		}
	case preview.AnotherIsRunning:
		return exitRunning
	}
	return exitError
}

// daemonOptions is how a command opens settings and daemon. Without --verbose the log goes into its file alone: what
// people must know is said in plain sentences.
func (a *app) daemonOptions() daemon.Options {
	o := daemon.Options{Dirs: a.Dirs, Getenv: a.Getenv, Build: a.Build, Cores: a.Cores, Verbose: a.verbose}
	if a.verbose {
		o.Stderr, o.Color = a.stderr, a.paint.on
	}
	return o
}

// logger writes to stderr, between the lines of a progress bar when there is one. Without --verbose it is silent:
// what people must know is said in plain sentences. No secret passes it.
func (a *app) logger(verbose bool) zerolog.Logger {
	if !verbose {
		return zerolog.Nop()
	}
	o := logs.Options{Level: "debug", Format: logs.JSON, Stderr: a.stderr}
	if _, _, ok := a.Screen(a.Stderr); ok {
		o.Format, o.Color = logs.Pretty, a.paint.on
	}
	l, err := logs.Open(o)
	if err != nil {
		panic(err) // level and format stand above
	}
	return l.Logger("") // without a file there is nothing to close
}
