package main

import (
	"cmp"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// differing returns the share of the pictures in the folder, named by their milliseconds, that are not the picture
// before them over again. They are compared as they are seen: a file may carry a comment.
func differing(folder string) (float64, error) {
	files, err := os.ReadDir(folder)
	if err != nil {
		return 0, err
	}
	slices.SortFunc(files, func(a, b os.DirEntry) int { return cmp.Compare(milliseconds(a.Name()), milliseconds(b.Name())) })
	if len(files) < 2 {
		return 0, fmt.Errorf("%d pictures in %s have no neighbours", len(files), folder)
	}
	var before *image.YCbCr
	differ := 0
	for _, file := range files {
		picture, err := decode(filepath.Join(folder, file.Name()))
		if err != nil {
			return 0, err
		}
		if before != nil && !(slices.Equal(before.Y, picture.Y) && slices.Equal(before.Cb, picture.Cb)) {
			differ++
		}
		before = picture
	}
	return float64(differ) / float64(len(files)-1), nil
}

func milliseconds(name string) int {
	n, _ := strconv.Atoi(strings.TrimSuffix(name, ".jpg"))
	return n
}

func decode(path string) (*image.YCbCr, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	picture, err := jpeg.Decode(f)
	if err != nil {
		return nil, fmt.Errorf("decode %s: %w", path, err)
	}
	colours, ok := picture.(*image.YCbCr)
	if !ok {
		return nil, fmt.Errorf("decode %s: it is a %T", path, picture)
	}
	return colours, nil
}
