package photos

import "fmt"

// plan is what is known of a photo before it is made.
type plan struct {
	album, key, title string
	motif             motif
	stream            uint64 // of its dice
	target            int    // bytes
	ratioW, ratioH    int
	quality, grain    int
}

// plans lays out every photo. Sizes are drawn one from each of Count equal
// slices of the mix and then shuffled, so that even a few photos show it all.
func (o *Options) plans() []plan {
	d := newDice(o.Seed, ^uint64(2))
	slices := d.r.Perm(o.Count)
	out := make([]plan, 0, o.Count)
	for a, album := range o.Albums {
		m := motifOf(album, a)
		first, end := a*o.Count/len(o.Albums), (a+1)*o.Count/len(o.Albums)
		for i := first; i < end; i++ {
			n := i - first + 1
			part := (slices[i]*mixUnit + d.between(0, mixUnit-1)) / o.Count
			p := plan{
				album: album, motif: m, stream: uint64(i),
				key:   fmt.Sprintf("%s/%04d.jpg", album, n),
				title: m.captions[d.between(0, len(m.captions)-1)],
			}
			p.target = o.sizeAt(part)
			p.develop(d, part)
			out = append(out, p)
		}
	}
	return out
}

// develop chooses shape, quality and grain. Large files come from good cameras:
// more pixels, but more bytes for each of them as well.
func (p *plan) develop(d dice, part int) {
	ratios := [][2]int{{3, 2}, {3, 2}, {3, 2}, {3, 2}, {4, 3}, {4, 3}, {16, 9}, {1, 1}, {2, 3}, {2, 3}, {3, 4}}
	r := oneOf(d, ratios...)
	p.ratioW, p.ratioH = r[0], r[1]
	level := part * 100 / mixUnit
	p.quality = 80 + level*14/100 + d.between(0, 1)
	p.grain = 40 + level*level*25/1000 + d.between(0, 20)
}

const (
	mixUnit = 1 << 14 // the mix runs from 0 to here
	mixWay  = 1 << 10 // the way from the smallest to the largest size
)

// sizeAt is the size in bytes below which the share part of all photos lies.
// The mix is a bell over the logarithm of the size with a long tail. With the
// default range its median is 180 KB, and one in fifty exceeds 3 MB.
func (o *Options) sizeAt(part int) int {
	mix := [][2]int{ // share in thousandths, place on the logarithmic way in 1024ths
		{0, 0}, {100, 169}, {250, 295}, {500, 425}, {750, 535}, {900, 635}, {955, 750}, {980, 962}, {1000, 1003},
	}
	for i := 1; ; i++ {
		from, to := mix[i-1], mix[i]
		if at := part * 1000; at < to[0]*mixUnit || i == len(mix)-1 {
			span := (to[0] - from[0]) * mixUnit
			return between(o.MinSize, o.MaxSize, from[1]+(to[1]-from[1])*(at-from[0]*mixUnit)/span)
		}
	}
}

// between is the size at a place on the logarithmic way from low to high,
// found by halving: the middle of such a way is the geometric mean.
func between(low, high, place int) int {
	a, b := int64(low)<<8, int64(high)<<8
	from, to := 0, mixWay
	for to-from > 1 {
		middle, size := (from+to)/2, root(a)*root(b)
		if place < middle {
			to, b = middle, size
		} else {
			from, a = middle, size
		}
	}
	return int(a >> 8)
}
