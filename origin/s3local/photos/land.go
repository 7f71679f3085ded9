package photos

// profile is a horizon: 257 heights by midpoint displacement, from 0 to about
// ±1000 before it is scaled.
func profile(d dice, rough int) []int {
	const n = 256
	h := make([]int, n+1)
	h[0], h[n] = d.around(600), d.around(600)
	reach := 700
	for step := n; step > 1; step /= 2 {
		for i := step / 2; i < n; i += step {
			h[i] = (h[i-step/2]+h[i+step/2])/2 + d.around(reach)
		}
		reach = reach * rough / 100
	}
	return h
}

// layer is a range of hills: where its horizon lies (thousandths of the
// height), how far it swings, and its tones at the crest and further down.
type layer struct {
	at, swing   int
	crest, foot tone
	fade        int // thousandths of the height from crest to foot tone
}

// hills paints a layer over everything below its horizon. It returns the crest,
// a subpixel row for each column.
func (c *canvas) hills(h []int, l layer) []int {
	crest := make([]int, c.w)
	for col := range c.w {
		at := col * 256 << 8 / c.w
		i, f := at>>8, at&255
		height := (h[i]*(256-f) + h[i+1]*f) >> 8
		crest[col] = c.Y(l.at) - c.Y(l.swing)*height/1000
	}
	fade := max(c.Y(l.fade), 1)
	shades := make([]tone, 65)
	for i := range shades {
		shades[i] = mix(l.crest, l.foot, i*4)
	}
	top := c.h
	for _, y := range crest {
		top = min(top, max(y>>subBits, 0))
	}
	for row := top; row < c.h; row++ {
		for col, y := range crest {
			depth := (row+1)<<subBits - y
			if depth > 0 {
				c.blend(row*c.w+col, shades[min(depth*64/fade, 64)], int32(min(depth, opaque)))
			}
		}
	}
	return crest
}

// water mirrors what lies above a horizon (thousandths) below it, tinted and
// rippled. The ripples lie on a plane, so they crowd towards the horizon.
func (c *canvas) water(tl *tiles, d dice, horizon int, tint tone, alpha, ripple int) {
	const (
		eye          = 80           // thousandths of the depth between the lower edge and the eye
		across, away = 420, 1 << 21 // ripples to the side and away from the viewer
	)
	at := max(horizon*c.h/1000, 1)
	ox, oy := d.between(0, tileMask)<<8, d.between(0, tileMask)<<8
	for row := at; row < c.h; row++ {
		depth := (row-at)*1000/max(c.h-at, 1) + eye
		v := oy + away<<8/depth
		tinted := int32(min(alpha*(550+depth*2/3)/1000, opaque))
		reach := ripple * depth / 1000 * c.h * 256 / 1000 // << 16, of a noise of one
		for col := range c.w {
			u := (col-c.w/2)*1000/c.w*across<<8/depth + ox
			n := tl.cloudAt(u, v) - 128
			from := min(max(2*at-row+n*reach>>16, 0), at-1)*c.w + min(max(col+n*ripple*c.w/(128*6000), 0), c.w-1)
			i := row*c.w + col
			c.y[i], c.cb[i], c.cr[i] = c.y[from], c.cb[from], c.cr[from]
			shade := tint
			shade.y = max(tint.y+int32(n*16), 0)
			c.blend(i, shade, tinted)
		}
	}
}

// skyline paints a row of buildings that stand at a height (thousandths), with
// windows when lit has an alpha.
func (c *canvas) skyline(d dice, at, tallest int, wall, lit tone, litAlpha int) {
	for x := -20; x < 1000; {
		w := d.between(22, 70)
		top := at - d.between(tallest/4, tallest)*d.between(60, 100)/100
		c.rect(c.X(x), c.Y(top), c.X(x+w), c.Y(at), wall, opaque)
		if d.oneIn(4) {
			c.rect(c.X(x+w/2)-c.L(2), c.Y(top-30), c.X(x+w/2)+c.L(2), c.Y(top), wall, opaque)
		}
		for wy := top + 10; litAlpha > 0 && wy < at-10; wy += 14 {
			for wx := x + 5; wx < x+w-6; wx += 9 {
				if d.oneIn(3) {
					c.rect(c.X(wx), c.Y(wy), c.X(wx+4), c.Y(wy+6), lit, litAlpha*d.between(30, 100)/100)
				}
			}
		}
		x += w + d.between(-6, 4)
	}
}

// conifers plants trees along a crest.
func (c *canvas) conifers(d dice, crest []int, size, gap int, t tone) {
	for col := d.between(0, gap) * c.w / 1000; col < c.w; col += max(d.between(gap/2, gap*2)*c.w/1000, 2) {
		h := c.L(size) * d.between(60, 130) / 100
		x, foot := col<<subBits, crest[col]+h/8
		for k := range 3 {
			top := foot - h + k*h/5
			half, low := h*(12+k*7)/100, top+h*(30+k*10)/100
			c.convex(t, opaque, point{x, top}, point{x + half, low}, point{x - half, low})
		}
		c.capsule(x, foot-h/4, x, foot+h/6, max(h/30, 128), 0, t, opaque)
	}
}

// scatter strews confetti or petals between two heights (thousandths).
func (c *canvas) scatter(d dice, n, top, bottom, size int, tones []tone) {
	for range n {
		s := c.L(size) * d.between(40, 160) / 100
		c.slip(c.X(d.between(-20, 1020)), c.Y(d.between(top, bottom)), max(s, 300), max(s*d.between(25, 70)/100, 256),
			d.between(0, fullTurn), oneOf(d, tones...), d.between(170, opaque))
	}
}
