# bash-completion reads this when the command is to be completed for the first time.
complete -o default -C "entente --complete" entente
