module github.com/secretlife-go/secretlife/awsfake

go 1.25.0

require github.com/secretlife-go/secretlife v0.0.0

replace github.com/secretlife-go/secretlife => ../
