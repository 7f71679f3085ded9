package photos

import "slices"

// paintMarathon is runners on a road in front of a city in the morning.
func paintMarathon(s *scene) {
	sky := oneOf(s.dice, tones(0x5fa8dc, 0xcfe6f2, 0xfbe9cf), tones(0xf29e6d, 0xf9cf9f, 0xfdebc8), tones(0x7f9fd1, 0xe5c9d4, 0xfde2c4), tones(0x3f8fcf, 0x9fd0ee, 0xe8f4f6))
	horizon := s.between(520, 600)
	s.gradient(stop{0, sky[0]}, stop{horizon * 2 / 3, sky[1]}, stop{horizon, sky[2]}, stop{1000, sky[2]})
	s.clouds(s.tiles, s.dice, horizon, s.between(900, 1600), s.between(110, 150), 3, rgb(0xffffff), 170)
	s.glow(s.X(s.between(100, 900)), s.Y(s.between(horizon-260, horizon-60)), s.L(500), rgb(0xfff6df), 210)
	far, near := mix(sky[1], rgb(0x5a6e8c), 110), mix(sky[1], rgb(0x41536f), 190)
	s.skyline(s.dice, horizon+10, 240, far, far, 0)
	s.skyline(s.dice, horizon+10, 150, near, rgb(0xffe9b8), 90)
	green := oneOf(s.dice, tones(0x4f7f52, 0x7fa860), tones(0x5d8a4c, 0xa0b860), tones(0x9a7b3c, 0xc8a24a))
	s.hills(profile(s.dice, 62), layer{at: horizon, swing: 28, crest: mix(green[0], rgb(0x203040), 70), foot: green[1], fade: 90})
	road, verge := rgb(0x7d828c), horizon+60
	s.gradient(stop{verge, mix(road, sky[2], 90)}, stop{1000, road})
	for k := range 7 { // lane marks, larger towards the viewer
		y := verge + (1000-verge)*k*k/42
		s.rect(s.X(0), s.Y(y), s.X(1000), s.Y(y)+s.L(1+k), rgb(0xf4f1e6), 70+k*16)
	}
	s.runners(verge)
	if s.oneIn(3) {
		s.scatter(s.dice, s.between(40, 130), 0, 900, 9, tones(0xffffff, 0xffd447, 0xff6b5e, 0x4fb3ff, 0x7ed957))
	}
}

// runners paints the field, far runners first.
func (s *scene) runners(verge int) {
	shirts := tones(0xe4483b, 0xf2a33a, 0x2f7fd6, 0x2fae7d, 0xf4f4f0, 0x8a4fd0, 0xf25f9b, 0x1f2a44, 0xffd23f)
	skins := tones(0x6b4632, 0x8a5a3c, 0xa9734f, 0xc4906a, 0x4a3226)
	turn := oneOf(s.dice, -1, 1)
	feet := make([]int, s.between(6, 16))
	for i := range feet {
		feet[i] = s.between(verge+30, 985)
	}
	slices.Sort(feet)
	for _, foot := range feet {
		h := s.Y((foot-verge)*62/100 + 120)
		f := figure{
			x: s.X(s.between(0, 1000)), foot: s.Y(foot), h: h, turn: turn, stride: s.between(0, fullTurn),
			body: oneOf(s.dice, skins...), shirt: oneOf(s.dice, shirts...),
			hair: oneOf(s.dice, hairs()...), shorts: oneOf(s.dice, tones(0x1d2230, 0x2b3350, 0x14161c, 0x5a2230)...),
		}
		s.capsule(f.x-h*22/100, f.foot, f.x+h*26/100, f.foot, max(h/40, 200), h/30, rgb(0x23262e), 110)
		f.run(s.canvas)
	}
}

// paintRidge is ranges of hills that fade into mist.
func paintRidge(s *scene) {
	p := oneOf(s.dice,
		tones(0x9cc7e8, 0xf3ead8, 0xa9c3d6, 0x23485c), tones(0xf6b58a, 0xfde3b8, 0xe3a78f, 0x4a2b45),
		tones(0x8fb8c4, 0xeef2e2, 0xa8c4b0, 0x1f4a3a), tones(0x5b6ea8, 0xf4b9a6, 0xb192b8, 0x1d2347),
		tones(0x77aee0, 0xdcecf4, 0x9dbdca, 0x2c5530))
	s.gradient(stop{0, p[0]}, stop{480, p[1]}, stop{1000, p[1]})
	sunX, sunY := s.X(s.between(150, 850)), s.Y(s.between(170, 360))
	s.glow(sunX, sunY, s.L(620), rgb(0xfff3d6), 200)
	if s.oneIn(2) {
		s.disc(sunX, sunY, s.L(s.between(35, 60)), s.L(5), rgb(0xfffbee), 240)
	}
	s.clouds(s.tiles, s.dice, 420, s.between(900, 1800), s.between(95, 140), 4, rgb(0xffffff), 190)
	n, at := s.between(4, 6), s.between(330, 400)
	gap := (s.between(830, 880) - at) / (n - 1)
	for k := range n {
		part := (k + 1) * opaque / n
		crest := mix(p[2], p[3], part*part/opaque)
		l := layer{at: at, swing: 200 - k*18, crest: crest, foot: mix(crest, p[1], 190-part*2/5), fade: 230}
		edge := s.hills(profile(s.dice, 52), l)
		if k >= n-2 {
			s.conifers(s.dice, edge, 50+(k-n+3)*50, 16+(k-n+3)*12, mix(crest, rgb(0x06140f), 110+(k-n+3)*40))
		}
		at += gap + s.around(20)
	}
}

// paintCoast is the sun over the sea, with headlands and islands.
func paintCoast(s *scene) {
	p := oneOf(s.dice,
		tones(0x24406e, 0xe8795a, 0xffd28a, 0x1a2440), tones(0x5b7fb8, 0xf3b7a2, 0xffe6c0, 0x33415f),
		tones(0x2e9fd0, 0xaee0ea, 0xf6f2d8, 0x1c5a6a), tones(0x3b2a5e, 0xc8567b, 0xffb37a, 0x1c1436),
		tones(0x6fb1d6, 0xd9e9e6, 0xfff0cf, 0x2d6a72))
	horizon := s.between(500, 620)
	s.gradient(stop{0, p[0]}, stop{horizon * 3 / 5, p[1]}, stop{horizon, p[2]}, stop{1000, p[2]})
	s.clouds(s.tiles, s.dice, horizon-20, s.between(1000, 2200), s.between(100, 140), 6, mix(p[2], rgb(0xffffff), 90), 190)
	sunX, sunY := s.X(s.between(200, 800)), s.Y(horizon-s.between(10, 210))
	s.glow(sunX, sunY, s.L(700), p[2], 230)
	s.glow(sunX, sunY, s.L(260), rgb(0xfff4d8), 240)
	s.disc(sunX, sunY, s.L(s.between(38, 62)), s.L(4), rgb(0xfffdf2), opaque)
	for k := range s.between(1, 3) {
		crest := mix(mix(p[1], p[3], 110+k*60), rgb(0x000000), 10)
		h := profile(s.dice, 50)
		side := oneOf(s.dice, 0, 1)
		for i := range h { // land falls into the sea on one side
			x := i
			if side == 1 {
				x = 256 - i
			}
			h[i] = h[i]/2 + 500 - x*(9+k*3)
		}
		s.hills(h, layer{at: horizon + 6, swing: 170 - k*30, crest: crest, foot: mix(crest, p[2], 70), fade: 160})
	}
	s.water(s.tiles, s.dice, horizon, mix(p[3], p[0], 100), 130, s.between(260, 420))
	s.glow(sunX, s.Y(horizon+40), s.L(420), rgb(0xfff0cc), 90)
	if s.oneIn(2) { // birds
		for range s.between(4, 11) {
			x, y, w := s.X(s.between(80, 920)), s.Y(s.between(80, horizon-160)), s.L(s.between(8, 18))
			s.capsule(x-w, y-w/2, x, y, max(w/9, 150), 0, p[3], 220)
			s.capsule(x, y, x+w, y-w/2, max(w/9, 150), 0, p[3], 220)
		}
	}
}

// paintGraduation is caps and confetti over a cheering class.
func paintGraduation(s *scene) {
	sky := oneOf(s.dice, tones(0x2f86d6, 0xbfe2f6), tones(0x4aa3df, 0xe6f1ee), tones(0x6f9fe0, 0xfbe4d2), tones(0x1f6fc0, 0x8fcaf0))
	s.gradient(stop{0, sky[0]}, stop{720, sky[1]}, stop{1000, sky[1]})
	s.clouds(s.tiles, s.dice, 760, s.between(900, 1700), s.between(95, 135), 2, rgb(0xffffff), 235)
	s.glow(s.X(s.between(0, 1000)), s.Y(0), s.L(700), rgb(0xfffbe6), 170)
	trees := oneOf(s.dice, tones(0x3d7a4a, 0x74a85a), tones(0x2f6d57, 0x68a06a), tones(0xb0763a, 0xd6a552))
	s.hills(profile(s.dice, 66), layer{at: 720, swing: 60, crest: trees[0], foot: trees[1], fade: 120})
	for range s.between(5, 14) {
		s.cap(s.X(s.between(40, 960)), s.Y(s.between(60, 560)), s.L(s.between(34, 76)))
	}
	s.scatter(s.dice, s.between(90, 260), 0, 960, 10, tones(0xffd23f, 0xff5d73, 0x3fb8ff, 0x7ed957, 0xffffff, 0xb983ff))
	s.graduates(oneOf(s.dice, tones(0x1d2440, 0x2a1c3e, 0x3a1424, 0x16383a)...))
}

// graduates paints the class from behind, in three rows.
func (s *scene) graduates(gown tone) {
	skins := tones(0x6b4632, 0xa9734f, 0xc4906a, 0x8a5a3c)
	for row := range 3 {
		size := 70 + row*26
		for x := s.between(-50, 0); x < 1050; x += s.between(size*9/10, size*14/10) * s.h / max(s.w, s.h) {
			px, py, h := s.X(x), s.Y(800+row*70)+s.L(s.around(14)), s.L(size)
			cloth := mix(gown, rgb(0xffffff), 34-row*16+s.between(0, 8))
			if s.oneIn(3) {
				side := oneOf(s.dice, -1, 1)
				hand := point{px + side*h*s.between(55, 95)/100, py - h*s.between(50, 110)/100}
				s.capsule(px+side*h*50/100, py+h*90/100, hand.x, hand.y, h*10/100, 0, oneOf(s.dice, skins...), opaque)
				s.capsule(px+side*h*50/100, py+h*90/100, (px+side*h*50/100+hand.x)/2, (py+h*90/100+hand.y)/2, h*16/100, 0, cloth, opaque)
			}
			s.shoulders(px, py, h, oneOf(s.dice, hairs()...), cloth)
			if !s.oneIn(3) {
				s.cap(px, py-h*24/100, h*52/100)
			}
		}
	}
}

func hairs() []tone { return tones(0x14110f, 0x1f1712, 0x3a2618, 0x5a3a20, 0x24262b, 0x7a5630) }

// cap is a mortarboard in the air.
func (s *scene) cap(x, y, r int) {
	tilt, dark := s.around(90), rgb(0x151a2c)
	sn, cs := sine(tilt), sine(tilt+quarterTurn)
	at := func(dx, dy int) point {
		dx, dy = r*dx/100, r*dy/100
		return point{x + (dx*cs-dy*sn)>>12, y + (dx*sn+dy*cs)>>12}
	}
	s.convex(mix(dark, rgb(0x000000), 90), opaque, at(-48, 5), at(48, 5), at(40, 48), at(-40, 48))
	s.convex(mix(dark, rgb(0x4a5a90), 60), opaque, at(0, -45), at(105, 0), at(0, 45), at(-105, 0))
	gold, knot, end := rgb(0xf2c230), at(70, 4), at(82, 62)
	s.capsule(at(0, 0).x, at(0, 0).y, knot.x, knot.y, max(r/40, 160), 0, gold, opaque)
	s.capsule(knot.x, knot.y, end.x, end.y, max(r/22, 200), 0, gold, opaque)
}
