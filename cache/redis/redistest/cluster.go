package redistest

import (
	"strconv"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// slots is the number of hash slots in every cluster.
const slots = 16384

// Cluster is three masters that share all slots.
type Cluster struct {
	Servers []*Server
}

// StartCluster starts three servers as one cluster and waits until all of them agree on it.
func StartCluster(t testing.TB) *Cluster {
	t.Helper()
	c := &Cluster{}
	var busPorts []int
	for i := range 3 {
		// The port of the cluster's own traffic would be 10000 higher, which may be none: it gets a free one, too.
		busPorts = append(busPorts, freePort(t))
		c.Servers = append(c.Servers, Start(t, "--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(busPorts[i])))
	}
	for i, server := range c.Servers {
		client := goredis.NewClient(&goredis.Options{Addr: server.Addr(), Protocol: 2})
		defer client.Close()
		first, last := slots*i/len(c.Servers), slots*(i+1)/len(c.Servers)-1
		if err := client.ClusterAddSlotsRange(t.Context(), first, last).Err(); err != nil {
			t.Fatalf("redistest: giving slots to %s: %v", server.Addr(), err)
		}
		for j, other := range c.Servers[:i] {
			// go-redis has no form of CLUSTER MEET with the second port.
			if err := client.Do(t.Context(), "cluster", "meet", "127.0.0.1", other.port, busPorts[j]).Err(); err != nil {
				t.Fatalf("redistest: %s meeting %s: %v", server.Addr(), other.Addr(), err)
			}
		}
	}
	for _, server := range c.Servers {
		waitUntilClustered(t, server, len(c.Servers))
	}
	return c
}

func waitUntilClustered(t testing.TB, server *Server, size int) {
	t.Helper()
	client := goredis.NewClient(&goredis.Options{Addr: server.Addr(), Protocol: 2})
	defer client.Close()
	deadline := time.Now().Add(patience)
	for {
		info, err := client.ClusterInfo(t.Context()).Result()
		if err == nil && strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_known_nodes:"+strconv.Itoa(size)) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("redistest: %s does not find its cluster (%v):\n%s", server.Addr(), err, info)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// URL is the cluster's address as weft.yaml takes it.
func (c *Cluster) URL() string {
	addresses := make([]string, len(c.Servers))
	for i, server := range c.Servers {
		addresses[i] = server.Addr()
	}
	return "redis+cluster://" + strings.Join(addresses, ",")
}
