package photos

// paintWedding is a couple among petals and lights out of focus.
func paintWedding(s *scene) {
	p := oneOf(s.dice,
		tones(0xf6d9d0, 0xfdf3ea, 0xd9b8a6, 0xffe9c9), tones(0x41323c, 0x8a5f5a, 0x2a2029, 0xffcf8a),
		tones(0xcfdccb, 0xf6f5e6, 0x8fa98a, 0xfff3d0), tones(0x2d3550, 0x7f6f8c, 0x1e2338, 0xffd9a0),
		tones(0xe9d3e4, 0xfbf0f2, 0xb79ab4, 0xffe4ef))
	s.gradient(stop{0, p[0]}, stop{560, p[1]}, stop{1000, p[2]})
	s.clouds(s.tiles, s.dice, 1000, s.between(500, 900), 120, 1, p[2], 110)
	for range s.between(28, 60) {
		r := s.between(14, 68)
		light := mix(p[3], oneOf(s.dice, tones(0xffffff, 0xffb08a, 0xffd7e4, 0xfff0a8)...), s.between(0, 200))
		s.bokeh(s.X(s.between(0, 1000)), s.Y(s.between(0, 760)), s.L(r), light, s.between(50, 170))
	}
	if s.oneIn(3) {
		s.flowers(p[2])
	} else {
		s.hills(profile(s.dice, 58), layer{at: 850, swing: 25, crest: mix(p[2], rgb(0x4d6b48), 150), foot: mix(p[2], rgb(0x2b4030), 190), fade: 160})
		s.couple()
	}
	s.scatter(s.dice, s.between(30, 110), 0, 1000, 12, tones(0xffffff, 0xfbd3d8, 0xf7b7c0, 0xfff1e0))
}

func (s *scene) couple() {
	x, h := s.X(s.between(360, 640)), s.L(s.between(520, 660))
	foot, skin := s.Y(950), oneOf(s.dice, tones(0x8a5a3c, 0xb98562, 0xd6a27c, 0x5e3d2c)...)
	s.capsule(x-h*30/100, foot, x+h*30/100, foot, h/30, h/15, rgb(0x14100e), 120)
	groom := figure{x: x + h*13/100, foot: foot, h: h, turn: 1, body: rgb(0x1c2233), shirt: rgb(0x232b40)}
	groom.stand(s.canvas, 0)
	s.disc(groom.x, foot-h*89/100, h*66/1000, 0, skin, opaque)
	s.disc(groom.x, foot-h*92/100, h*62/1000, h/60, rgb(0x1a1412), opaque)
	bride := figure{x: x - h*12/100, foot: foot, h: h * 95 / 100, turn: 1, body: skin}
	bride.gown(s.canvas, rgb(0xfbf6ee), rgb(0xffffff))
	s.disc(bride.x-h/60, foot-h*86/100, h*60/1000, h/60, rgb(0x3a241a), opaque)
	for k := range 9 {
		s.disc(x+s.L(s.around(26)), foot-h*50/100+s.L(s.around(18)), s.L(12+k%3*4), 0,
			oneOf(s.dice, tones(0xf7a9b5, 0xffffff, 0xf4d6a0, 0xe0748a)...), opaque)
	}
}

// flowers paints a bouquet close up.
func (s *scene) flowers(shade tone) {
	petals := oneOf(s.dice, tones(0xf7a9b5, 0xfbd3d8, 0xfff1ea), tones(0xffffff, 0xfdf0dc, 0xf6dfb8), tones(0xe0748a, 0xc8506e, 0xf4b6c2), tones(0xc9a7e0, 0xe6d4f2, 0xfff4ff))
	green := mix(shade, rgb(0x3f6444), 190)
	type flower struct{ x, y, r int }
	bunch := make([]flower, s.between(18, 28))
	for i := range bunch {
		f := flower{s.X(500) + s.L(s.around(560)), s.Y(760) + s.L(s.around(300)), s.between(50, 98)}
		s.capsule(f.x, f.y, s.X(500), s.Y(1250), s.L(7), s.L(2), green, opaque)
		for range 3 {
			s.capsule(f.x, f.y+s.L(f.r/2), f.x+s.L(s.around(150)), f.y+s.L(s.between(20, 130)), s.L(s.between(10, 18)), s.L(4), mix(green, rgb(0xcfe0b8), s.between(0, 110)), 235)
		}
		bunch[i] = f
	}
	for _, f := range bunch {
		x, y, r := f.x, f.y, f.r
		for ring := 5; ring > 0; ring-- {
			for k := range 7 {
				a := k*fullTurn/7 + ring*97
				d := s.L(r*ring) / 8
				t := mix(petals[k%3], shade, (6-ring)*22)
				s.disc(x+d*sine(a)>>12, y+d*sine(a+quarterTurn)>>12, s.L(r*(ring+2))/16, s.L(5), t, 230)
			}
		}
	}
}

// paintJazz is a stage in coloured light, seen over the heads of the audience.
func paintJazz(s *scene) {
	p := oneOf(s.dice,
		tones(0x0b0f2a, 0x2b1f6b, 0x4f7bff, 0xff5fae), tones(0x160a1e, 0x5a1846, 0xff7a3c, 0xffd06b),
		tones(0x06161f, 0x0f4a5e, 0x35d0d8, 0xffb347), tones(0x12081f, 0x3a1466, 0xa05cff, 0x4fc3ff))
	s.gradient(stop{0, p[0]}, stop{520, p[1]}, stop{760, mix(p[1], p[0], 100)}, stop{1000, p[0]})
	s.clouds(s.tiles, s.dice, 900, 700, 110, 1, mix(p[2], p[1], 120), 90)
	for k := range s.between(4, 7) {
		t := p[2+k%2]
		x := s.between(60, 940)
		s.beam(s.X(x), s.Y(20), s.X((500-x)*s.between(20, 110)/100), s.L(s.between(120, 240)), s.Y(s.between(820, 1000)), t, s.between(110, 190))
		s.glow(s.X(x), s.Y(24), s.L(70), rgb(0xffffff), 230)
	}
	stage := s.between(690, 740)
	s.glow(s.X(500), s.Y(stage), s.L(520), mix(p[3], p[2], 100), 110)
	s.rect(0, s.Y(stage), s.w<<subBits, s.Y(stage+20), mix(p[0], rgb(0x000000), 120), 220)
	for range s.between(20, 40) {
		s.bokeh(s.X(s.between(0, 1000)), s.Y(s.between(60, 420)), s.L(s.between(5, 18)), oneOf(s.dice, p[2], p[3], rgb(0xffe9c0)), s.between(60, 150))
	}
	s.band(stage, rgb(0x05060d), p)
	s.crowd(s.dice, 845, 105, s.between(5, 30), mix(p[0], rgb(0x000000), 150))
}

// band puts musicians with their instruments on the stage.
func (s *scene) band(stage int, dark tone, p []tone) {
	n := s.between(3, 4)
	for k := range n {
		x, h := s.X(180+k*640/(n-1)+s.around(40)), s.L(s.between(300, 350))
		foot := s.Y(stage + 10)
		s.glow(x, foot-h/2, h*3/4, p[3-k%2], 100)
		f := figure{x: x, foot: foot, h: h, turn: oneOf(s.dice, -1, 1), body: dark, shirt: dark}
		f.stand(s.canvas, 30)
		switch (k + s.w) % 3 {
		case 0: // double bass
			bx := x + f.turn*h*16/100
			s.disc(bx, foot-h*20/100, h*17/100, 0, rgb(0x4a2412), opaque)
			s.disc(bx, foot-h*45/100, h*12/100, 0, rgb(0x4a2412), opaque)
			s.capsule(bx, foot-h*40/100, bx, foot-h*108/100, h*2/100, 0, rgb(0x2a140a), opaque)
		case 1: // saxophone
			gold := rgb(0xf0b94a)
			s.capsule(x+f.turn*h*6/100, foot-h*78/100, x+f.turn*h*20/100, foot-h*42/100, h*2/100, 0, gold, opaque)
			s.capsule(x+f.turn*h*20/100, foot-h*42/100, x+f.turn*h*30/100, foot-h*52/100, h*35/1000, 0, gold, opaque)
		default: // microphone
			mx := x + f.turn*h*14/100
			s.capsule(mx, foot, mx, foot-h*82/100, max(h/110, 200), 0, rgb(0x9aa3b8), 220)
			s.disc(mx, foot-h*84/100, h*26/1000, 0, rgb(0xc9d0de), opaque)
		}
	}
}

// paintLanterns is paper lanterns that rise over a river.
func paintLanterns(s *scene) {
	p := oneOf(s.dice, tones(0x0a1030, 0x2a2a66, 0xb5643c), tones(0x120a26, 0x46205c, 0xd06a4a), tones(0x061a2a, 0x12485c, 0xc98a4a))
	horizon := s.between(640, 730)
	s.gradient(stop{0, p[0]}, stop{horizon * 3 / 4, p[1]}, stop{horizon, p[2]}, stop{1000, p[2]})
	for range 160 {
		s.disc(s.X(s.between(0, 1000)), s.Y(s.between(0, 420)), s.between(120, 300), 0, rgb(0xfff7e6), s.between(30, 170))
	}
	s.hills(profile(s.dice, 54), layer{at: horizon - 40, swing: 90, crest: mix(p[1], p[0], 130), foot: mix(p[1], p[2], 90), fade: 150})
	n := s.between(35, 80)
	for k := range n { // small and far first
		size := 6 + 62*k*k/(n*n)
		s.lantern(s.X(s.between(0, 1000)), s.Y(s.between(20, horizon-40)), s.L(size))
	}
	s.water(s.tiles, s.dice, horizon, p[0], 120, s.between(220, 380))
	if s.oneIn(2) {
		s.crowd(s.dice, 870, 95, s.between(5, 30), rgb(0x0d0e1c))
	} else {
		for range s.between(3, 9) { // afloat
			x, y := s.X(s.between(40, 960)), s.between(horizon+50, 960)
			s.lantern(x, s.Y(y), s.L(16+(y-horizon)/7))
		}
	}
}

func (s *scene) lantern(x, y, r int) {
	warm := oneOf(s.dice, tones(0xffb14a, 0xff9a3c, 0xffc46b, 0xff7f50)...)
	s.glow(x, y, r*4, warm, 120)
	s.convex(mix(warm, rgb(0xb5441e), 80), 240, point{x - r*70/100, y - r}, point{x + r*70/100, y - r}, point{x + r*55/100, y + r*90/100}, point{x - r*55/100, y + r*90/100})
	s.glow(x, y+r*45/100, r*110/100, rgb(0xfff3c4), opaque)
	s.capsule(x-r*68/100, y-r, x+r*68/100, y-r, max(r/9, 160), 0, mix(warm, rgb(0x8a2f12), 120), 230)
	s.capsule(x-r*54/100, y+r*90/100, x+r*54/100, y+r*90/100, max(r/10, 160), 0, rgb(0xfff0c0), 230)
}

// paintFireworks is a harbour city under fireworks.
func paintFireworks(s *scene) {
	p := oneOf(s.dice, tones(0x070a1e, 0x1c2450, 0x4a3a6a), tones(0x0a0716, 0x2f1746, 0x6a2f4a), tones(0x04121c, 0x0f3348, 0x2f5a66))
	horizon := s.between(680, 740)
	s.gradient(stop{0, p[0]}, stop{horizon / 2, p[1]}, stop{horizon, p[2]}, stop{1000, p[2]})
	s.clouds(s.tiles, s.dice, horizon, 900, 110, 2, mix(p[2], rgb(0xc0a0b0), 60), 110)
	palette := tones(0xffd36b, 0xff5f7a, 0x6fd3ff, 0x9dff9a, 0xd79bff, 0xfff2d6, 0xff9a4a)
	for range s.between(3, 6) {
		s.burst(s.X(s.between(120, 880)), s.Y(s.between(130, 420)), s.L(s.between(110, 290)), oneOf(s.dice, palette...), oneOf(s.dice, palette...))
	}
	s.skyline(s.dice, horizon+4, 190, mix(p[1], p[0], 60), rgb(0xffd994), 190)
	s.skyline(s.dice, horizon+4, 110, mix(p[0], rgb(0x000000), 60), rgb(0xffc46b), 230)
	s.water(s.tiles, s.dice, horizon, p[0], 110, s.between(260, 440))
	if s.oneIn(2) {
		s.crowd(s.dice, 880, 90, s.between(5, 25), rgb(0x0b0c18))
	}
}

// burst is one firework: rays from a point, curved by gravity, that end in
// sparks.
func (s *scene) burst(x, y, r int, inner, outer tone) {
	s.glow(x, y, r*3/2, inner, 110)
	rays := s.between(34, 70)
	for k := range rays {
		a := k*fullTurn/rays + s.around(12)
		reach := r * s.between(75, 105) / 100
		px, py := x, y
		for step := 1; step <= 10; step++ {
			d := reach * step * (20 - step) / 100
			nx, ny := x+d*sine(a)>>12, y-d*sine(a+quarterTurn)>>12+r*step*step/450
			if step > 2 {
				s.capsule(px, py, nx, ny, max(r/(150+step*10), 140), 0, mix(inner, outer, step*25), 90+step*14)
			}
			px, py = nx, ny
		}
		s.glow(px, py, max(r/14, 500), outer, 200)
		s.disc(px, py, max(r/60, 220), 0, rgb(0xfffaf0), 240)
	}
	s.glow(x, y, r/4, rgb(0xffffff), 220)
}
