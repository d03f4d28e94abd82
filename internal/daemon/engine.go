package daemon

import (
	"context"

	"github.com/scrubjay/scrubjay/internal/engine"
	"github.com/scrubjay/scrubjay/internal/host/config"
	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/ffmpeg"
	"github.com/scrubjay/scrubjay/internal/video/render"
)

// equipment is what makes previews: FFmpeg, and the devices that it works on.
func (d *Daemon) equipment(ctx context.Context) (engine.Renderer, []engine.Slots, error) {
	if d.stand.renderer != nil {
		return d.stand.renderer, []engine.Slots{{Device: preview.CPUDevice(), Count: 2}}, nil
	}
	log := d.Log("engine")
	tools, candidates, err := d.machine.FFmpeg(ctx, false)
	for _, c := range candidates {
		log.Debug().Str("path", c.Path).Str("what", c.What).Bool("taken", c.Taken).Str("note", c.Note).Msg("considered an FFmpeg")
	}
	if err != nil {
		return nil, nil, err
	}
	brake := &ffmpeg.Brake{}
	made := renderer{render: &render.Renderer{Tools: tools, Log: d.Log("render"), Brake: brake}, brake: brake, log: log}
	return made, d.slots(ctx, tools), nil
}

// slots has the devices tested and gives those that work their slots. The CPU works without a test.
func (d *Daemon) slots(ctx context.Context, tools *ffmpeg.Tools) []engine.Slots {
	c := d.Config.Get()
	want := slotCounts{cpu: int(c.Devices.CPUSlots), gpu: int(c.Devices.GPUSlots), each: map[string]int{}, cores: d.Cores}
	for _, one := range c.Device {
		if one.Slots != config.Auto {
			want.each[one.ID] = int(one.Slots)
		}
	}
	var reports []preview.DeviceReport
	if want.gpus() {
		reports = d.machine.Devices(ctx, tools, DeviceQuestion{GPUsOnly: true}, d.Log("devices")).Reports
	}
	reports = append(reports, preview.DeviceReport{Device: preview.CPUDevice(), Outcome: preview.Works})
	return slots(reports, want)
}
