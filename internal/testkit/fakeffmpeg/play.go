package fakeffmpeg

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

// lifetime bounds a fake that stalls, so that a test that was killed leaves nothing behind for long.
const lifetime = 10 * time.Minute

// play acts out the scene and returns the exit status.
func (s Scene) play(args []string) int {
	if s.Real != "" {
		return s.real(args)
	}
	if s.Stubborn {
		// SIGPIPE too: a Go program dies of one on stdout unless it asked for it.
		signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	}
	fmt.Fprint(os.Stderr, s.Stderr)
	fmt.Fprint(os.Stdout, s.Stdout)

	feed := make(chan time.Duration, 1024)
	go func() {
		defer close(feed)
		if s.FedPictures {
			times(os.Stdin, feed)
		}
		_, _ = io.Copy(io.Discard, os.Stdin)
	}()
	if err := s.paint(os.Stdout, feed); err != nil && !s.Stubborn {
		fmt.Fprintln(os.Stderr, "av_interleaved_write_frame():", err)
		return 1
	}
	switch {
	case s.Killed:
		if self, err := os.FindProcess(os.Getpid()); err == nil {
			_ = self.Kill()
		}
		time.Sleep(lifetime)
	case s.Stall, s.Stubborn:
		time.Sleep(lifetime)
	case s.Exit == 0:
		for range feed { // until stdin ends
		}
	}
	return s.Exit
}

// paint prints the scene's pictures.
func (s Scene) paint(w io.Writer, feed <-chan time.Duration) error {
	if s.Pictures == 0 && !s.FedPictures {
		return nil
	}
	width, height, step := s.Width, s.Height, s.Step
	if width == 0 {
		width = 320
	}
	if height == 0 {
		height = 180
	}
	if step == 0 {
		step = 1000 * time.Second
	}
	if err := header(w, width, height); err != nil {
		return err
	}
	for n := range s.Pictures {
		jpg := picture(n, width, height, s.Paint)
		if n == s.Pictures-1 {
			switch s.Broken {
			case CutStream:
				b := block(s.First+time.Duration(n)*step, jpg)
				_, err := w.Write(b[:len(b)/2])
				return err
			case CutPicture:
				jpg = jpg[:len(jpg)/2]
			case NotAJPEG:
				jpg = []byte("this is no JPEG")
			}
		}
		if _, err := w.Write(block(s.First+time.Duration(n)*step, jpg)); err != nil {
			return err
		}
	}
	if s.FedPictures {
		n := 0
		for at := range feed {
			if _, err := w.Write(block(at, picture(n, width, height, s.Paint))); err != nil {
				return err
			}
			n++
		}
	}
	return nil
}

// real runs a real program with our pipes. It is a child and not an exec, to be the same on all systems; a kill
// reaches it with our process group.
func (s Scene) real(args []string) int {
	cmd := exec.Command(s.Real, args...) //nolint:noctx // whoever ends us ends it
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := cmd.Run()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		return max(1, failed.ExitCode())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "fakeffmpeg:", err)
		return unusable
	}
	return 0
}
