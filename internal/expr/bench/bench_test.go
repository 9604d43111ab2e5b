package main

import "testing"

var sides = map[string]func(pair) (evaluate, error){"ours": prepareOurs, "cel-go": prepareCEL}

func TestBothSidesOfAPairMeanTheSame(t *testing.T) {
	for _, p := range pairs {
		for side, prepare := range sides {
			t.Run(p.name+"/"+side, func(t *testing.T) {
				eval, err := prepare(p)
				if err != nil {
					t.Fatal(err)
				}
				if got, err := eval(); err != nil || got != p.want {
					t.Errorf("got %q, %v; want %q", got, err, p.want)
				}
			})
		}
	}
}

func BenchmarkEval(b *testing.B) {
	for _, p := range pairs {
		for side, prepare := range sides {
			b.Run(p.name+"/"+side, func(b *testing.B) {
				eval, err := prepare(p)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				for b.Loop() {
					if _, err := eval(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
