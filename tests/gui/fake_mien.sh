#!/bin/sh
# Stands in for `mien` in tests of job processes: what it does is named by the first argument.
trap 'echo "{\"event\":\"warning\",\"code\":\"x\",\"path\":\"p\",\"message\":\"stopping\"}"; exit 130' TERM
trap 'kill -STOP $$' TSTP
# Says who it is, as a job does; field 22 counted behind the name.
if [ "$MIEN_JOB_FOLDER" ] && [ "$1" != crash ]; then
    read -r stat </proc/$$/stat
    set -f
    start=$(set -- ${stat##*) }; shift 19; echo "$1")
    set +f
    echo "{\"format\":\"mien-job/1\",\"pid\":$$,\"process_start\":$start,\"host\":\"$(uname -n)\",\"arguments\":[]}" >"$MIEN_JOB_FOLDER/request.json"
fi
case "$1" in
    steps) # steps COUNT SECONDS
        i=0
        while [ $i -lt "$2" ]; do
            i=$((i + 1))
            echo "{\"event\":\"progress\",\"job\":\"steps\",\"done\":$i,\"total\":$2,\"unit\":\"step\",\"rate\":10,\"eta_s\":1}"
            sleep "$3"
        done
        echo "{\"event\":\"result\",\"steps\":$i}" ;;
    skip)
        echo '{"event":"warning","code":"ZERO_BYTE","path":"a.png","message":"is empty"}'
        echo '{"event":"result","samples":2,"skipped":1}'
        echo '1 of 3 items skipped, first a.png: ZERO_BYTE' >&2
        exit 3 ;;
    fail) echo 'mien fail: nowhere/x.csv does not exist.' >&2; exit 1 ;;
    crash) kill -9 $$ ;;
    explain) # explain … --serve: the neighbours of sample N are N+1 to N+10, an attention map is refused
        while read -r line; do
            id=$(echo "$line" | sed 's/.*"id":\([0-9]*\).*/\1/')
            sample=$(echo "$line" | sed 's/.*"sample":\([0-9]*\).*/\1/')
            case "$line" in
            *neighbours*)
                list=$((sample + 1)); i=2
                while [ $i -le 10 ]; do list="$list,$((sample + i))"; i=$((i + 1)); done
                echo "{\"id\":$id,\"ok\":true,\"neighbours\":[$list]}" ;;
            *) echo "{\"id\":$id,\"ok\":false,\"message\":\"no map\"}" ;;
            esac
        done ;;
    embed) # embed … -p PROJECT: shows the layout that lies in its folder as runs/r1/forming, and goes on until it is stopped
        while [ "$1" ] && [ "$1" != -p ]; do shift; done
        echo '{"event":"progress","job":"embed","step":"embed","done":40,"total":750,"unit":"iteration","rate":10,"eta_s":71}'
        echo "{\"event\":\"layout\",\"job\":\"embed\",\"path\":\"$2/runs/r1/forming\",\"iteration\":40,\"iterations\":750}"
        while :; do sleep 0.1; done ;;
    import) # import PATH [--leave-out KEY]: crashes at bad.png unless it is left out
        case "$*" in
            *"--leave-out bad.png"*) echo "{\"event\":\"result\",\"samples\":2}" ;;
            *) printf 'bad.png' >"$MIEN_JOB_FOLDER/item"; kill -SEGV $$ ;;
        esac ;;
    train) # train … --resume RUN: goes on with epoch 3; --check: no sampler but balanced; otherwise it fails before its first epoch
        case "$*" in
            *" --check "*sampler=balanced*) echo '{"event":"result","network":"eac-compact"}' ;;
            *" --check "*sampler=*) echo 'mien train: --set sampler is not possible: sampler takes balanced.' >&2; exit 2 ;;
            *" --check "*) echo '{"event":"result","network":"eac-compact","settings":{"sampler":"uniform","lr":0.004}}' ;;
            *"--resume "*)
                run=$(echo "$*" | sed 's/.*--resume \([a-z0-9]*\).*/\1/')
                {
                    echo "{\"event\":\"run\",\"run\":\"$run\"}"
                    echo "{\"event\":\"metric\",\"run\":\"$run\",\"split\":\"train\",\"name\":\"loss\",\"fold\":0,\"epoch\":3,\"value\":0.5}"
                    echo "{\"event\":\"result\",\"run\":\"$run\"}"
                } | tee "$MIEN_JOB_FOLDER/events.jsonl" ;;
            *) echo 'mien train: no labelled sample to train on.' >&2; exit 1 ;;
        esac ;;
    formats) echo '{"name":"fer2013.csv","direction":"import","title":"FER2013 CSV"}'; echo '{"event":"result","rows":1}' ;;
    *) echo "{\"event\":\"result\",\"arguments\":\"$*\"}" ;;
esac
