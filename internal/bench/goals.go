package main

import (
	"context"
	"fmt"
	"time"
)

// What must be reached besides the figures of each subject.
const (
	memoryLimit = 64 << 20               // bytes; of scrubjayd itself, below this whatever the length
	floorSpare  = 200 * time.Millisecond // CPU beyond 1.25 times that of FFmpeg with just our packets
	differLimit = 0.99                   // share of pictures that differ from the one before, where keyframes are sparse
)

// sparse measures pictures that are nearer to each other than keyframes are.
func (b *bench) sparse(ctx context.Context) error {
	path, size, err := b.film(ctx, sparse())
	if err != nil {
		return err
	}
	if err := forget(path); err != nil {
		return err
	}
	u, m, err := b.ours.generate(ctx, path, nil, "--interval", "2s")
	if err != nil {
		return err
	}
	differ, err := b.ours.differing(ctx, m.Out)
	if err != nil {
		return err
	}
	r := &b.report
	r.title("Every 2 s from keyframes 10 s apart: 1080p H.264 MKV, %.0f min, %s, %d frames by %s",
		sparse().Length().Minutes(), megabytes(size), m.Frames, m.Recipe)
	r.row("scrubjayd generate --interval 2s", u, size)
	r.must(differ >= differLimit, "2 s interval, keyframes 10 s apart: pictures that differ", percent(differLimit), percent(differ))
	r.must(u.read < size, "2 s interval, keyframes 10 s apart: share read", "< "+percent(1), share(u.read, size))
	return nil
}

// endless measures a film that lasts longer than a day.
func (b *bench) endless(ctx context.Context) error {
	path, size, err := b.film(ctx, endless())
	if err != nil {
		return err
	}
	if err := forget(path); err != nil {
		return err
	}
	u, m, err := b.ours.generate(ctx, path, nil)
	if err != nil {
		return err
	}
	r := &b.report
	r.title("Longer than a day: 180p H.264 MP4, %.0f h, %s, %d frames by %s", endless().Length().Hours(), megabytes(size), m.Frames, m.Recipe)
	r.row("scrubjayd generate", u, size)
	r.must(u.memory < memoryLimit, fmt.Sprintf("%.0f h: memory", endless().Length().Hours()), mebibytes(memoryLimit), mebibytes(u.memory))
	return nil
}
