package fleet

// ReplicaRate is the rate of the measured group of a replica.
const ReplicaRate = 2

// A replica is a large public router as it was measured.
const (
	replicaConns         = 15_000
	replicaSubscriptions = 1_000_000
	replicaStored        = 30_000_000
)

// Replica is the size of a large public router at a scale: connections, subscriptions and stored queues.
func Replica(scale float64) (conns, subscriptions int, stored uint64) {
	scaled := func(n int) int { return max(2, int(float64(n)*scale)) }
	return scaled(replicaConns), scaled(replicaSubscriptions), uint64(scaled(replicaStored))
}
