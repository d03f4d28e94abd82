// Package gpu finds the devices of this machine that FFmpeg may decode on, and proves that each one does.
//
// [List] names candidates from what the system says: nvidia-smi, /sys, /dev/dri, DXGI. What is there and cannot work is
// named too, with the reason and with what to do about it. [Verify] has a candidate decode real clips, and only that
// makes it a device that works. [Cache] remembers the proofs. [LooksRight] tells a decoded clip from green or garbage.
//
// The package sees the system through a [Machine] alone, so that every kind of machine can be had in a test. It knows
// no FFmpeg arguments, runs no FFmpeg and reads no film: decoding is a function that is passed in.
//
// All functions may be called from any goroutine. A [Candidate] and an [Inventory] are plain values and never change.
package gpu
