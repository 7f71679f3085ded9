package photos

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
)

const (
	canvasSide = 1200 // pixels of a canvas's longer side, at most
	headBytes  = 630  // of a JPEG before its first pixel, about
	probeBands = 8    // bands to encode, about, to learn the price of a pixel
	probeEvery = 20   // the first of so many bands, at most
	bandRows   = 16   // JPEG's unit of height with 4:2:0
	maxRounds  = 6
)

// lab is what one worker makes photos with; it is used over and over.
type lab struct {
	tiles   *tiles
	canvas  canvas
	picture image.YCbCr
	row     []int32
	out     bytes.Buffer
}

// make paints, develops and encodes a photo.
func (l *lab) make(ctx context.Context, o *Options, p *plan) (Photo, error) {
	pixels := p.target * 8 * 10 / 16 // 1.6 bits a pixel, for a start
	w, h := p.shape(pixels)
	l.canvas.reset(min(w, canvasSide*p.ratioW/max(p.ratioW, p.ratioH)), min(h, canvasSide*p.ratioH/max(p.ratioW, p.ratioH)))
	p.motif.paint(&scene{&l.canvas, newDice(o.Seed, p.stream), l.tiles})
	grain := newDice(o.Seed, p.stream<<32|1<<31)
	gx, gy := grain.between(0, tileMask), grain.between(0, tileMask)

	every := max(min(h/(bandRows*probeBands), probeEvery), 2)
	for range maxRounds {
		if err := ctx.Err(); err != nil {
			return Photo{}, err
		}
		n, err := l.encode(p, w, h, every, gx, gy)
		if err != nil {
			return Photo{}, err
		}
		if every == 1 && n >= o.MinSize-o.MinSize/64 && n <= o.MaxSize {
			body := withComment(l.out.Bytes(), o.MinSize)
			return Photo{Album: p.album, Key: p.key, Title: p.title, Width: w, Height: h, Body: body}, nil
		}
		sample := int64(l.picture.Rect.Dx() * l.picture.Rect.Dy())
		pixels = max(int(int64(p.target-headBytes)*sample/int64(max(n-headBytes, 64))), 256)
		w, h = p.shape(pixels)
		every = 1
	}
	return Photo{}, fmt.Errorf("photos: %s does not fit between %d and %d bytes", p.key, o.MinSize, o.MaxSize)
}

// shape is the photo's width and height for a number of pixels, both even.
func (p *plan) shape(pixels int) (w, h int) {
	unit := int(root(int64(pixels) << 16 / int64(p.ratioW*p.ratioH))) // << 8
	return max(unit*p.ratioW>>9, 8) * 2, max(unit*p.ratioH>>9, 8) * 2
}

// encode develops and encodes every so many bands of the photo at w by h, and
// returns how many bytes that took.
func (l *lab) encode(p *plan, w, h, every, gx, gy int) (int, error) {
	l.develop(w, h, every, p.grain, gx, gy)
	l.out.Reset()
	if err := jpeg.Encode(&l.out, &l.picture, &jpeg.Options{Quality: p.quality}); err != nil {
		return 0, fmt.Errorf("photos: encode %s: %w", p.key, err)
	}
	return l.out.Len(), nil
}

// develop enlarges the canvas to w by h and adds grain. With every > 1 the
// picture is the first of every so many bands, one below the other.
func (l *lab) develop(w, h, every, amount, gx, gy int) {
	bands := (h + bandRows*every - 1) / (bandRows * every)
	rows := h
	if every > 1 {
		rows = bands * bandRows
	}
	l.resize(w, rows)
	for row := range rows {
		at := min(row/bandRows*bandRows*every+row%bandRows, h-1)
		l.luma(row, at, w, h, amount, gx, gy)
		if row%2 == 0 {
			l.chroma(l.picture.Cb[row/2*l.picture.CStride:], l.canvas.cb, at, w, h)
			l.chroma(l.picture.Cr[row/2*l.picture.CStride:], l.canvas.cr, at, w, h)
		}
	}
}

func (l *lab) resize(w, h int) {
	cw, ch := (w+1)/2, (h+1)/2
	pic := &l.picture
	if cap(pic.Y) < w*h || cap(pic.Cb) < cw*ch {
		*pic = *image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
		return
	}
	pic.Y, pic.Cb, pic.Cr = pic.Y[:w*h], pic.Cb[:cw*ch], pic.Cr[:cw*ch]
	pic.YStride, pic.CStride = w, cw
	pic.Rect = image.Rect(0, 0, w, h)
}

// blendRows leaves in l.row the canvas's samples at row at of h, with one more
// at the end so that the last pixel has a right neighbour.
func (l *lab) blendRows(plane []int16, at, h int) {
	c := &l.canvas
	sy := at * (c.h - 1) << 8 / max(h-1, 1)
	y0, f := sy>>8, int32(sy&255)
	upper := plane[y0*c.w : (y0+1)*c.w]
	y1 := min(y0+1, c.h-1)
	lower := plane[y1*c.w : (y1+1)*c.w]
	if cap(l.row) < c.w+1 {
		l.row = make([]int32, c.w+1)
	}
	l.row = l.row[:c.w+1]
	for i, v := range upper {
		l.row[i] = int32(v)<<8 + (int32(lower[i])-int32(v))*f
	}
	l.row[c.w] = l.row[c.w-1]
}

func (l *lab) luma(row, at, w, h, amount, gx, gy int) {
	l.blendRows(l.canvas.y, at, h)
	out := l.picture.Y[row*l.picture.YStride:][:w]
	grain := l.tiles.grain[(at+gy)&tileMask*tileSide:][:tileSide]
	step := (l.canvas.w - 1) << 16 / max(w-1, 1)
	sx, src, strength := 0, l.row, int32(amount)
	for i := range out {
		x, f := sx>>16, int32(sx>>8&255)
		a, b := src[x]>>8, src[x+1]>>8
		v := a<<8 + (b-a)*f + int32(grain[(i+gx)&tileMask])*strength<<4
		out[i] = clamp((v + 1<<13) >> 14)
		sx += step
	}
}

func (l *lab) chroma(out []uint8, plane []int16, at, w, h int) {
	l.blendRows(plane, at, h)
	out = out[:(w+1)/2]
	step := (l.canvas.w - 1) << 17 / max(w-1, 1)
	sx := 0
	for i := range out {
		out[i] = clamp((l.row[min(sx>>16, l.canvas.w-1)] + 1<<13) >> 14)
		sx += step
	}
}

func clamp(v int32) uint8 { return uint8(min(max(v, 0), 255)) }

// withComment copies a JPEG and, if it is shorter than size, fills it up by a
// comment segment (JFIF's marker COM, 0xFFFE) behind the start of the image.
func withComment(body []byte, size int) []byte {
	missing := size - len(body)
	if missing <= 0 {
		return bytes.Clone(body)
	}
	const markerAndLength = 4
	n := min(max(missing, markerAndLength), 0xFFFF+2)
	out := make([]byte, 0, len(body)+n)
	out = append(out, body[:2]...)
	out = append(out, 0xFF, 0xFE, byte((n-2)>>8), byte(n-2))
	out = append(out, bytes.Repeat([]byte{' '}, n-markerAndLength)...)
	return append(out, body[2:]...)
}
