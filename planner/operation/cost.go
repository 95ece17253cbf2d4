package operation

// Cost is the formula of an operation's cost by the IBM cost directives
// (@cost, @listSize), evaluated with a request's variables.
type Cost struct{}
