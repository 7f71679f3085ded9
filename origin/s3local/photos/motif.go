package photos

// scene is what a motif paints with.
type scene struct {
	*canvas
	dice
	tiles *tiles
}

// motif is how the pictures of an album look.
type motif struct {
	paint    func(*scene)
	captions []string
}

// motifOf chooses the motif of an album: its own one, or for a name unknown
// here one by its place.
func motifOf(album string, place int) motif {
	own := map[string]motif{
		"marathon-2026":     {paintMarathon, []string{"Past the halfway mark", "Along the river", "The leading group", "Morning start", "The last kilometre"}},
		"wedding-kim-lee":   {paintWedding, []string{"In the garden", "Evening lights", "After the ceremony", "First dance", "Petals"}},
		"jazz-night":        {paintJazz, []string{"Second set", "Blue hour on stage", "The quartet", "Encore", "Late show"}},
		"jeju-sunrise":      {paintCoast, []string{"First light", "Low tide", "The bay at dawn", "Calm sea", "Islands"}},
		"ridge-walk":        {paintRidge, []string{"Above the mist", "The long ridge", "Valley view", "Before the rain", "Pine slopes"}},
		"lantern-festival":  {paintLanterns, []string{"A thousand wishes", "Over the river", "Lanterns rising", "Paper light", "Still water"}},
		"graduation-day":    {paintGraduation, []string{"Caps in the air", "Class of 2026", "On the lawn", "Confetti", "At last"}},
		"harbour-fireworks": {paintFireworks, []string{"Grand finale", "Across the harbour", "Golden rain", "Countdown", "Reflections"}},
	}
	if m, ok := own[album]; ok {
		return m
	}
	return own[defaultAlbums()[place%len(own)]]
}

// defaultAlbums are the albums when none are named.
func defaultAlbums() []string {
	return []string{
		"marathon-2026", "wedding-kim-lee", "jazz-night", "jeju-sunrise",
		"ridge-walk", "lantern-festival", "graduation-day", "harbour-fireworks",
	}
}

// tones turns colours into tones.
func tones(colours ...uint32) []tone {
	out := make([]tone, len(colours))
	for i, v := range colours {
		out[i] = rgb(v)
	}
	return out
}
