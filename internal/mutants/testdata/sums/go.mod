module example.net/sums

go 1.26
