package cache

import (
	"context"
	"errors"
	"slices"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/weft-graphql/weft/executor"
)

// mgetKeys is the number of keys in one MGET: while Redis carries it out, nobody else is served.
const mgetKeys = 200

// question is one key to ask Redis for.
type question struct {
	id    keyID
	name  string
	index int // of the entry that it may answer
	// needPublic is set where only a value that is marked public answers: the key is without the identity of the request.
	needPublic bool
}

// Lookup gives one entry for each key, first from this process, then from Redis in one round trip.
func (c *Cache) Lookup(ctx context.Context, scope *executor.CacheScope, keys []executor.CacheKey) []executor.Entry {
	entries := make([]executor.Entry, len(keys))
	if len(keys) == 0 || c.disabled(scope.Subgraph) {
		return entries
	}
	now := time.Now()
	maker := newKeyMaker(scope)
	askRedis := c.writer != nil && !c.options.Redis.Away()
	var questions []question
	fromMemory := 0
	for i := range keys {
		first := len(questions)
		questions = append(questions, question{id: maker.make(&keys[i], false), index: i, needPublic: maker.both})
		if maker.both {
			questions = append(questions, question{id: maker.make(&keys[i], true), index: i})
		}
		if c.answerFromMemory(questions[first:], entries, now) {
			fromMemory++
			questions = questions[:first]
			continue
		}
		if !askRedis || len(questions) > c.options.MaxLookup {
			questions = questions[:first]
		}
	}
	fromRedis := 0
	if len(questions) > 0 {
		for i := range questions {
			q := &questions[i]
			q.name = redisKey(c.options.Prefix, scope.Subgraph, keys[q.index].Type, q.id)
		}
		fromRedis = c.answerFromRedis(ctx, questions, entries, now)
	}
	c.metrics.lookups(scope.Subgraph, fromMemory, fromRedis, len(keys)-fromMemory-fromRedis)
	return entries
}

// answerFromMemory answers one entry from the questions for it.
func (c *Cache) answerFromMemory(questions []question, entries []executor.Entry, now time.Time) bool {
	if c.memory == nil {
		return false
	}
	for i := range questions {
		q := &questions[i]
		if v := c.memory.get(q.id, now); v != nil && q.answeredBy(v) {
			entries[q.index] = v.entry(now)
			return true
		}
	}
	return false
}

func (q *question) answeredBy(v *value) bool { return !q.needPublic || v.flags&flagPublic != 0 }

// answerFromRedis fills the entries that Redis knows and says how many. What goes wrong is the client's to log and count.
func (c *Cache) answerFromRedis(ctx context.Context, questions []question, entries []executor.Entry, now time.Time) int {
	var answers []string
	err := c.options.Redis.Do(ctx, "lookup", func(ctx context.Context, u goredis.UniversalClient) (err error) {
		if c.options.Redis.Cluster() {
			answers, err = getEach(ctx, u, questions)
		} else {
			answers, err = getMany(ctx, u, questions)
		}
		return err
	})
	if err != nil {
		return 0
	}
	answered := 0
	for i, data := range answers {
		q := &questions[i]
		if data == "" || entries[q.index].Value != nil {
			continue
		}
		v, err := decode(data)
		if err != nil {
			c.metrics.damaged.Inc()
			continue
		}
		// The clocks of two gateways may differ: nothing is kept longer than this one's configuration allows.
		if limit := now.Add(c.options.MaxTTL); v.expires.After(limit) {
			v.expires = limit
		}
		if !v.expires.After(now) || !q.answeredBy(v) {
			continue
		}
		if c.memory != nil {
			c.memory.set(q.id, v, c.options.MemoryTTL)
		}
		entries[q.index] = v.entry(now)
		answered++
	}
	return answered
}

// getMany asks one server with MGET. An answer is "" where there is none.
func getMany(ctx context.Context, u goredis.UniversalClient, questions []question) ([]string, error) {
	pipe := u.Pipeline()
	var commands []*goredis.SliceCmd
	for chunk := range slices.Chunk(questions, mgetKeys) {
		names := make([]string, len(chunk))
		for i := range chunk {
			names[i] = chunk[i].name
		}
		commands = append(commands, pipe.MGet(ctx, names...))
	}
	_, err := pipe.Exec(ctx)
	answers := make([]string, len(questions))
	some := false
	for i, command := range commands {
		found, commandErr := command.Result()
		some = some || commandErr == nil
		for j, data := range found {
			answers[i*mgetKeys+j], _ = data.(string) // nil where there is none
		}
	}
	if some {
		return answers, nil
	}
	return nil, err
}

// getEach asks the servers of a cluster, in one pipeline each: the slots of the keys differ. The answers of servers that
// are there count, though others are away.
func getEach(ctx context.Context, u goredis.UniversalClient, questions []question) ([]string, error) {
	pipe := u.Pipeline()
	commands := make([]*goredis.StringCmd, len(questions))
	for i := range questions {
		commands[i] = pipe.Get(ctx, questions[i].name)
	}
	_, err := pipe.Exec(ctx)
	answers := make([]string, len(questions))
	some := false
	for i, command := range commands {
		data, commandErr := command.Result()
		if commandErr == nil || errors.Is(commandErr, goredis.Nil) {
			some = true
			answers[i] = data
		}
	}
	if some {
		return answers, nil
	}
	return nil, err
}
