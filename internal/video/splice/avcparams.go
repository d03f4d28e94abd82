package splice

// sps and pps are the few fields of H.264's parameter sets that a slice header is written by (ITU-T H.264, 7.3.2.1.1 and
// 7.3.2.2).
type sps struct {
	separatePlanes bool // separate_colour_plane_flag
	frameNumBits   int
	pocType        uint32
	pocBits        int  // of pic_order_cnt_lsb, for pocType 0
	deltaZero      bool // delta_pic_order_always_zero_flag
	framesOnly     bool // frame_mbs_only_flag
}

type pps struct {
	sps         uint32
	cabac       bool
	bottomOrder bool // bottom_field_pic_order_in_frame_present_flag
	groups      bool // more than one slice group
	deblocking  bool // deblocking_filter_control_present_flag
	redundant   bool // redundant_pic_cnt_present_flag
}

// readSPS reads a sequence parameter set, without the NAL unit's header.
func readSPS(rbsp []byte) (id uint32, s sps, err error) {
	r := &bitReader{b: rbsp}
	profile := r.bits(8)
	r.bits(16) // constraints, level
	id = r.ue()
	switch profile {
	case 100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135:
		chroma := r.ue()
		if chroma == 3 {
			s.separatePlanes = r.flag()
		}
		r.ue() // bit depths
		r.ue()
		r.bit() // qpprime_y_zero_transform_bypass_flag
		if r.flag() {
			lists := 8
			if chroma == 3 {
				lists = 12
			}
			for i := range lists {
				if r.flag() {
					skipScalingList(r, i)
				}
			}
		}
	}
	s.frameNumBits = int(r.ue()) + 4
	s.pocType = r.ue()
	switch s.pocType {
	case 0:
		s.pocBits = int(r.ue()) + 4
	case 1:
		s.deltaZero = r.flag()
		r.se()
		r.se()
		for n := r.ue(); n > 0 && r.err == nil; n-- {
			r.se()
		}
	}
	r.ue()  // max_num_ref_frames
	r.bit() // gaps_in_frame_num_value_allowed_flag
	r.ue()  // size in macroblocks
	r.ue()
	s.framesOnly = r.flag()
	if s.frameNumBits > 16 || s.pocBits > 16 {
		return 0, s, errBits
	}
	return id, s, r.err
}

func skipScalingList(r *bitReader, i int) {
	size := 16
	if i >= 6 {
		size = 64
	}
	last, next := int32(8), int32(8)
	for range size {
		if next != 0 {
			next = (last + r.se() + 256) % 256
		}
		if next != 0 {
			last = next
		}
		if r.err != nil {
			return
		}
	}
}

// readPPS reads a picture parameter set, without the NAL unit's header.
func readPPS(rbsp []byte) (id uint32, p pps, err error) {
	r := &bitReader{b: rbsp}
	id = r.ue()
	p.sps = r.ue()
	p.cabac = r.flag()
	p.bottomOrder = r.flag()
	if p.groups = r.ue() > 0; p.groups {
		return id, p, r.err // such slices are left alone, so the rest does not matter
	}
	r.ue() // default numbers of references
	r.ue()
	r.bits(3) // weighted prediction
	r.se()    // initial QP, QS and the chroma offset
	r.se()
	r.se()
	p.deblocking = r.flag()
	r.bit() // constrained_intra_pred_flag
	p.redundant = r.flag()
	return id, p, r.err
}
