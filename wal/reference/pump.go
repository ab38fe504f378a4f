package reference

import (
	"errors"

	"switchyard/server/crash"
)

// pumpDepth is how many batches wait between the two sides of a pump.
const pumpDepth = 4

var errStopped = errors.New("reference: the other side has ended")

// pump runs produce in a goroutine of its own, and consume, for what it sends, in this one.
func pump[T any](produce func(send func(T) error) error, consume func(T) error) error {
	batches := make(chan T, pumpDepth)
	stop := make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		defer crash.Report()
		err := produce(func(b T) error {
			select {
			case batches <- b:
				return nil
			case <-stop:
				return errStopped
			}
		})
		close(batches)
		ended <- err
	}()
	for b := range batches {
		if err := consume(b); err != nil {
			close(stop)
			<-ended
			return err
		}
	}
	return <-ended
}
