<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>mien::AnswerLearning</name>
    <message numerus="yes">
        <source>Learn from %Ln answer(s)</source>
        <translation>
            <numerusform>Learn from %Ln answer</numerusform>
            <numerusform>Learn from %Ln answers</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mien::AttentionPage</name>
    <message numerus="yes">
        <source>Saved %n file(s) in %1.</source>
        <translation>
            <numerusform>Saved %n file in %1.</numerusform>
            <numerusform>Saved %n files in %1.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mien::ConfusionMatrix</name>
    <message numerus="yes">
        <source>%n sample(s) with the label %1, predicted %2 (%3 % of the label)</source>
        <translation>
            <numerusform>%n sample with the label %1, predicted %2 (%3 % of the label)</numerusform>
            <numerusform>%n samples with the label %1, predicted %2 (%3 % of the label)</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mien::DuplicateListModel</name>
    <message numerus="yes">
        <source>%Ln nearly the same</source>
        <translation>
            <numerusform>%Ln nearly the same</numerusform>
            <numerusform>%Ln nearly the same</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln identical</source>
        <translation>
            <numerusform>%Ln identical</numerusform>
            <numerusform>%Ln identical</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mien::DuplicatesPanel</name>
    <message numerus="yes">
        <source>Show all %Ln group(s)</source>
        <translation>
            <numerusform>Show all %Ln group</numerusform>
            <numerusform>Show all %Ln groups</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>; %Ln face(s) are newer</source>
        <translation>
            <numerusform>; %Ln face is newer</numerusform>
            <numerusform>; %Ln faces are newer</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln more face(s) of this group are not shown; a decision is about them, too.</source>
        <translation>
            <numerusform>%Ln more face of this group is not shown; a decision is about them, too.</numerusform>
            <numerusform>%Ln more faces of this group are not shown; a decision is about them, too.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Review %Ln marked conflict(s)</source>
        <translation>
            <numerusform>Review %Ln marked conflict</numerusform>
            <numerusform>Review %Ln marked conflicts</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mien::EvidencePanel</name>
    <message numerus="yes">
        <source>%n opinion(s) of people</source>
        <translation>
            <numerusform>%n opinion of people</numerusform>
            <numerusform>%n opinions of people</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mien::FacePreview</name>
    <message numerus="yes">
        <source> · %Ln other face(s)</source>
        <translation>
            <numerusform> · %Ln other face</numerusform>
            <numerusform> · %Ln other faces</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mien::FoundFacesView</name>
    <message numerus="yes">
        <source>%1; %Ln face(s) would be cut out</source>
        <translation>
            <numerusform>%1; %Ln face would be cut out</numerusform>
            <numerusform>%1; %Ln faces would be cut out</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mien::GalleryPage</name>
    <message numerus="yes">
        <source>%Ln face(s)</source>
        <translation>
            <numerusform>%Ln face</numerusform>
            <numerusform>%Ln faces</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mien::GatePanel</name>
    <message numerus="yes">
        <source>Looking: frame %1 of %2, %Ln face(s) so far.</source>
        <translation>
            <numerusform>Looking: frame %1 of %2, %Ln face so far.</numerusform>
            <numerusform>Looking: frame %1 of %2, %Ln faces so far.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Tried on %1 frames of %2 videos: %Ln face(s).</source>
        <translation>
            <numerusform>Tried on %1 frames of %2 videos: %Ln face.</numerusform>
            <numerusform>Tried on %1 frames of %2 videos: %Ln faces.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln video(s) could not be looked at: %1</source>
        <translation>
            <numerusform>%Ln video could not be looked at: %1</numerusform>
            <numerusform>%Ln videos could not be looked at: %1</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mien::ImportPage</name>
    <message numerus="yes">
        <source>Import %Ln video(s)</source>
        <translation>
            <numerusform>Import %Ln video</numerusform>
            <numerusform>Import %Ln videos</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Import %1 samples and %Ln video(s)</source>
        <translation>
            <numerusform>Import %1 samples and %Ln video</numerusform>
            <numerusform>Import %1 samples and %Ln videos</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1: %Ln video(s)</source>
        <translation>
            <numerusform>%1: %Ln video</numerusform>
            <numerusform>%1: %Ln videos</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1: %2 samples and %Ln video(s)</source>
        <translation>
            <numerusform>%1: %2 samples and %Ln video</numerusform>
            <numerusform>%1: %2 samples and %Ln videos</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln row(s) will be skipped: %1.</source>
        <translation>
            <numerusform>%Ln row will be skipped: %1.</numerusform>
            <numerusform>%Ln rows will be skipped: %1.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln file(s) will be skipped: %1.</source>
        <translation>
            <numerusform>%Ln file will be skipped: %1.</numerusform>
            <numerusform>%Ln files will be skipped: %1.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln picture(s) were found in the table</source>
        <translation>
            <numerusform>%Ln picture was found in the table</numerusform>
            <numerusform>%Ln pictures were found in the table</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>; %Ln may be several of its rows</source>
        <translation>
            <numerusform>; %Ln may be several of its rows</numerusform>
            <numerusform>; %Ln may be several of its rows</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>, %Ln are not in it.</source>
        <translation>
            <numerusform>, %Ln is not in it.</numerusform>
            <numerusform>, %Ln are not in it.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln frame(s) were looked at</source>
        <translation>
            <numerusform>%Ln frame was looked at</numerusform>
            <numerusform>%Ln frames were looked at</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source> in %Ln file(s)</source>
        <translation>
            <numerusform> in %Ln file</numerusform>
            <numerusform> in %Ln files</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>; no face was found %Ln time(s).</source>
        <translation>
            <numerusform>; no face was found once.</numerusform>
            <numerusform>; no face was found %Ln times.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln face(s) were left out by the limits.</source>
        <translation>
            <numerusform>%Ln face was left out by the limits.</numerusform>
            <numerusform>%Ln faces were left out by the limits.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln file(s) were turned, because their faces lay on the side.</source>
        <translation>
            <numerusform>%Ln file was turned, because its faces lay on the side.</numerusform>
            <numerusform>%Ln files were turned, because their faces lay on the side.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln video(s) were too short for the margin at both ends; less was left out there.</source>
        <translation>
            <numerusform>%Ln video was too short for the margin at both ends; less was left out there.</numerusform>
            <numerusform>%Ln videos were too short for the margin at both ends; less was left out there.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Found %Ln face(s)</source>
        <translation>
            <numerusform>Found %Ln face</numerusform>
            <numerusform>Found %Ln faces</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>, %Ln file(s) skipped</source>
        <translation>
            <numerusform>, %Ln file skipped</numerusform>
            <numerusform>, %Ln files skipped</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln picture(s) occur more than once</source>
        <translation>
            <numerusform>%Ln picture occurs more than once</numerusform>
            <numerusform>%Ln pictures occur more than once</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source> (in %Ln group(s))</source>
        <translation>
            <numerusform> (in %Ln group)</numerusform>
            <numerusform> (in %Ln groups)</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>; %Ln group(s) disagree about the label</source>
        <translation>
            <numerusform>; %Ln group disagrees about the label</numerusform>
            <numerusform>; %Ln groups disagree about the label</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>, %Ln reach across splits</source>
        <translation>
            <numerusform>, %Ln reaches across splits</numerusform>
            <numerusform>, %Ln reach across splits</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Imported %Ln face(s)</source>
        <translation>
            <numerusform>Imported %Ln face</numerusform>
            <numerusform>Imported %Ln faces</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Imported %Ln video(s)</source>
        <translation>
            <numerusform>Imported %Ln video</numerusform>
            <numerusform>Imported %Ln videos</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source> and %Ln video(s)</source>
        <translation>
            <numerusform> and %Ln video</numerusform>
            <numerusform> and %Ln videos</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>, %Ln row(s) skipped</source>
        <translation>
            <numerusform>, %Ln row skipped</numerusform>
            <numerusform>, %Ln rows skipped</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mien::ImportsAndRunsDialog</name>
    <message numerus="yes">
        <source>Remove %Ln face(s)</source>
        <translation>
            <numerusform>Remove %Ln face</numerusform>
            <numerusform>Remove %Ln faces</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mien::Inspector</name>
    <message numerus="yes">
        <source>one of %Ln identical pictures</source>
        <translation>
            <numerusform>one of %Ln identical pictures</numerusform>
            <numerusform>one of %Ln identical pictures</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Votes of %Ln person(s)</source>
        <translation>
            <numerusform>Votes of %Ln person</numerusform>
            <numerusform>Votes of %Ln persons</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mien::JobModel</name>
    <message numerus="yes">
        <source>%Ln file(s) not readable</source>
        <translation>
            <numerusform>%Ln file not readable</numerusform>
            <numerusform>%Ln files not readable</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln warning(s)</source>
        <translation>
            <numerusform>%Ln warning</numerusform>
            <numerusform>%Ln warnings</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mien::JobsView</name>
    <message numerus="yes">
        <source>… and %Ln more</source>
        <translation>
            <numerusform>… and %Ln more</numerusform>
            <numerusform>… and %Ln more</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mien::LinkQuestion</name>
    <message numerus="yes">
        <source>; and %Ln more</source>
        <translation>
            <numerusform>; and %Ln more</numerusform>
            <numerusform>; and %Ln more</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln link(s) are followed out of the folder that you chose: %1.</source>
        <translation>
            <numerusform>%Ln link is followed out of the folder that you chose: %1.</numerusform>
            <numerusform>%Ln links are followed out of the folder that you chose: %1.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln link(s) lead out of the folder that you chose: %1. What lies there is left out.</source>
        <translation>
            <numerusform>%Ln link leads out of the folder that you chose: %1. What lies there is left out.</numerusform>
            <numerusform>%Ln links lead out of the folder that you chose: %1. What lies there is left out.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mien::MainWindow</name>
    <message numerus="yes">
        <source>%Ln change(s) are not saved: %1</source>
        <translation>
            <numerusform>%Ln change is not saved: %1</numerusform>
            <numerusform>%Ln changes are not saved: %1</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln job(s) are running.</source>
        <translation>
            <numerusform>%Ln job is running.</numerusform>
            <numerusform>%Ln jobs are running.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mien::MapPage</name>
    <message numerus="yes">
        <source>%Ln face(s) selected</source>
        <translation>
            <numerusform>%Ln face selected</numerusform>
            <numerusform>%Ln faces selected</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mien::NetworkChooser</name>
    <message numerus="yes">
        <source>%1; an epoch of %Ln face(s) takes %2</source>
        <translation>
            <numerusform>%1; an epoch of %Ln face takes %2</numerusform>
            <numerusform>%1; an epoch of %Ln faces takes %2</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mien::OutlookDialog</name>
    <message numerus="yes">
        <source>%Ln answer(s).</source>
        <translation>
            <numerusform>%Ln answer.</numerusform>
            <numerusform>%Ln answers.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mien::PredictionWindow</name>
    <message numerus="yes">
        <source>%Ln face(s)</source>
        <translation>
            <numerusform>%Ln face</numerusform>
            <numerusform>%Ln faces</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mien::RelabelDialog</name>
    <message numerus="yes">
        <source>Label %Ln face(s)</source>
        <translation>
            <numerusform>Label %Ln face</numerusform>
            <numerusform>Label %Ln faces</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln face(s) become %1</source>
        <translation>
            <numerusform>%Ln face becomes %1</numerusform>
            <numerusform>%Ln faces become %1</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln have this label already</source>
        <translation>
            <numerusform>%Ln has this label already</numerusform>
            <numerusform>%Ln have this label already</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln were labelled by a person before; the new opinion is added to theirs</source>
        <translation>
            <numerusform>%Ln was labelled by a person before; the new opinion is added to theirs</numerusform>
            <numerusform>%Ln were labelled by a person before; the new opinion is added to theirs</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mien::ReviewHeader</name>
    <message numerus="yes">
        <source>How often you agreed with the given label, and how many labels of the whole set are wrong judged by the %n randomly drawn face(s) alone; with 95 % intervals.</source>
        <translation>
            <numerusform>How often you agreed with the given label, and how many labels of the whole set are wrong judged by the %n randomly drawn face alone; with 95 % intervals.</numerusform>
            <numerusform>How often you agreed with the given label, and how many labels of the whole set are wrong judged by the %n randomly drawn faces alone; with 95 % intervals.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mien::ReviewPage</name>
    <message numerus="yes">
        <source>The open faces are ranked anew by your %Ln answer(s); what you have seen stays.</source>
        <translation>
            <numerusform>The open faces are ranked anew by your %Ln answer; what you have seen stays.</numerusform>
            <numerusform>The open faces are ranked anew by your %Ln answers; what you have seen stays.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The %Ln most doubtful face(s)</source>
        <translation>
            <numerusform>The %Ln most doubtful face</numerusform>
            <numerusform>The %Ln most doubtful faces</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The end of the queue; %n face(s) are without an answer.</source>
        <translation>
            <numerusform>The end of the queue; %n face is without an answer.</numerusform>
            <numerusform>The end of the queue; %n faces are without an answer.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>All %n face(s) of this queue are answered. Retrain to see what got better.</source>
        <translation>
            <numerusform>The %n face of this queue is answered. Retrain to see what got better.</numerusform>
            <numerusform>All %n faces of this queue are answered. Retrain to see what got better.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mien::RunDetails</name>
    <message numerus="yes">
        <source>Calibration error %1 % over %Ln face(s): how far the probabilities are from the share that is right, on average. Below the ideal line the network is too sure of itself.</source>
        <translation>
            <numerusform>Calibration error %1 % over %Ln face: how far the probabilities are from the share that is right, on average. Below the ideal line the network is too sure of itself.</numerusform>
            <numerusform>Calibration error %1 % over %Ln faces: how far the probabilities are from the share that is right, on average. Below the ideal line the network is too sure of itself.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mien::RunTrials</name>
    <message numerus="yes">
        <source>Review %Ln fixed face(s)</source>
        <translation>
            <numerusform>Review %Ln fixed face</numerusform>
            <numerusform>Review %Ln fixed faces</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Review %Ln broken face(s)</source>
        <translation>
            <numerusform>Review %Ln broken face</numerusform>
            <numerusform>Review %Ln broken faces</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Accuracy %1 without and %2 with the corrections: a difference of %3 (95 % lie in %4 to %5), by %Ln pair(s).</source>
        <translation>
            <numerusform>Accuracy %1 without and %2 with the corrections: a difference of %3 (95 % lie in %4 to %5), by %Ln pair.</numerusform>
            <numerusform>Accuracy %1 without and %2 with the corrections: a difference of %3 (95 % lie in %4 to %5), by %Ln pairs.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln label(s) were flipped. "Right of as many" is the share of flipped ones among as many of the most suspicious; labels that were wrong before count against it. Best on this data: %1.</source>
        <translation>
            <numerusform>%Ln label was flipped. "Right of as many" is the share of flipped ones among as many of the most suspicious; labels that were wrong before count against it. Best on this data: %1.</numerusform>
            <numerusform>%Ln labels were flipped. "Right of as many" is the share of flipped ones among as many of the most suspicious; labels that were wrong before count against it. Best on this data: %1.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mien::RunsModel</name>
    <message numerus="yes">
        <source>%1 · %Ln face(s)</source>
        <translation>
            <numerusform>%1 · %Ln face</numerusform>
            <numerusform>%1 · %Ln faces</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mien::RunsPage</name>
    <message numerus="yes">
        <source>%Ln face(s) left out: a network was trained on them</source>
        <translation>
            <numerusform>%Ln face left out: a network was trained on them</numerusform>
            <numerusform>%Ln faces left out: a network was trained on them</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln face(s) in both, judged by the labels as they are now</source>
        <translation>
            <numerusform>%Ln face in both, judged by the labels as they are now</numerusform>
            <numerusform>%Ln faces in both, judged by the labels as they are now</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Review these %Ln</source>
        <translation>
            <numerusform>Review these %Ln</numerusform>
            <numerusform>Review these %Ln</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mien::SampleListModel</name>
    <message numerus="yes">
        <source>%Ln opinion(s)</source>
        <translation>
            <numerusform>%Ln opinion</numerusform>
            <numerusform>%Ln opinions</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mien::SelectionEdits</name>
    <message numerus="yes">
        <source>Tag for %Ln face(s); find them again with tag:NAME</source>
        <translation>
            <numerusform>Tag for %Ln face; find them again with tag:NAME</numerusform>
            <numerusform>Tag for %Ln faces; find them again with tag:NAME</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Tag to take from %Ln face(s)</source>
        <translation>
            <numerusform>Tag to take from %Ln face</numerusform>
            <numerusform>Tag to take from %Ln faces</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mien::SkippedRows</name>
    <message numerus="yes">
        <source>%Ln more; the import lists all of them in problems.csv.</source>
        <translation>
            <numerusform>%Ln more; the import lists all of them in problems.csv.</numerusform>
            <numerusform>%Ln more; the import lists all of them in problems.csv.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln more in %1</source>
        <translation>
            <numerusform>%Ln more in %1</numerusform>
            <numerusform>%Ln more in %1</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mien::SourcePanel</name>
    <message numerus="yes">
        <source>%Ln face(s) found</source>
        <translation>
            <numerusform>%Ln face found</numerusform>
            <numerusform>%Ln faces found</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mien::SplitsPanel</name>
    <message numerus="yes">
        <source>%Ln group(s) to keep together: %1</source>
        <translation>
            <numerusform>%Ln group to keep together: %1</numerusform>
            <numerusform>%Ln groups to keep together: %1</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln face(s) moved to another split</source>
        <translation>
            <numerusform>%Ln face moved to another split</numerusform>
            <numerusform>%Ln faces moved to another split</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln face(s) were removed</source>
        <translation>
            <numerusform>%Ln face was removed</numerusform>
            <numerusform>%Ln faces were removed</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln face(s) in a split were not dealt</source>
        <translation>
            <numerusform>%Ln face in a split were not dealt</numerusform>
            <numerusform>%Ln faces in a split were not dealt</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln subject(s)</source>
        <translation>
            <numerusform>%Ln subject</numerusform>
            <numerusform>%Ln subjects</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln group(s)</source>
        <translation>
            <numerusform>%Ln group</numerusform>
            <numerusform>%Ln groups</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>A training on one fold refuses these splits: %Ln leak(s) reach out of training.</source>
        <translation>
            <numerusform>A training on one fold refuses these splits: %Ln leak reach out of training.</numerusform>
            <numerusform>A training on one fold refuses these splits: %Ln leaks reach out of training.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln leak(s) between splits</source>
        <translation>
            <numerusform>%Ln leak between splits</numerusform>
            <numerusform>%Ln leaks between splits</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln face(s) came after the last search for near-duplicates.</source>
        <translation>
            <numerusform>%Ln face came after the last search for near-duplicates.</numerusform>
            <numerusform>%Ln faces came after the last search for near-duplicates.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mien::StartPage</name>
    <message numerus="yes">
        <source>opened %Ln day(s) ago</source>
        <translation>
            <numerusform>opened %Ln day ago</numerusform>
            <numerusform>opened %Ln days ago</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mien::StatusLine</name>
    <message numerus="yes">
        <source>CPU, %Ln thread(s)</source>
        <translation>
            <numerusform>CPU, %Ln thread</numerusform>
            <numerusform>CPU, %Ln threads</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln job(s) waiting</source>
        <translation>
            <numerusform>%Ln job waiting</numerusform>
            <numerusform>%Ln jobs waiting</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln job(s) paused</source>
        <translation>
            <numerusform>%Ln job paused</numerusform>
            <numerusform>%Ln jobs paused</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln job(s) running</source>
        <translation>
            <numerusform>%Ln job running</numerusform>
            <numerusform>%Ln jobs running</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mien::TrainPage</name>
    <message numerus="yes">
        <source>%1 · %n face(s) · %2</source>
        <translation>
            <numerusform>%1 · %n face · %2</numerusform>
            <numerusform>%1 · %n faces · %2</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln tensor(s) meet</source>
        <translation>
            <numerusform>%Ln tensor meets</numerusform>
            <numerusform>%Ln tensors meet</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln of the network is/are missing</source>
        <translation>
            <numerusform>%Ln of the network is missing</numerusform>
            <numerusform>%Ln of the network are missing</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln has/have another shape</source>
        <translation>
            <numerusform>%Ln has another shape</numerusform>
            <numerusform>%Ln have another shape</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln of the file fit(s) nowhere</source>
        <translation>
            <numerusform>%Ln of the file fits nowhere</numerusform>
            <numerusform>%Ln of the file fit nowhere</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n face(s) flagged</source>
        <translation>
            <numerusform>%n face flagged</numerusform>
            <numerusform>%n faces flagged</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mien::TurnedVideos</name>
    <message numerus="yes">
        <source>%Ln of the %1 videos that were tried would be turned, because their faces lie on the side. Left as stored, right as turned.</source>
        <translation>
            <numerusform>%Ln of the %1 videos that were tried would be turned, because their faces lie on the side. Left as stored, right as turned.</numerusform>
            <numerusform>%Ln of the %1 videos that were tried would be turned, because their faces lie on the side. Left as stored, right as turned.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln video(s) lie as you said.</source>
        <translation>
            <numerusform>%Ln video lies as you said.</numerusform>
            <numerusform>%Ln videos lie as you said.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Look through all %Ln video(s)</source>
        <translation>
            <numerusform>Look through all %Ln video</numerusform>
            <numerusform>Look through all %Ln videos</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mien::ImportProblems</name>
    <message numerus="yes">
        <source>label(s) without a picture</source>
        <translation>
            <numerusform>label without a picture</numerusform>
            <numerusform>labels without a picture</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>file(s) that belong to no label</source>
        <translation>
            <numerusform>file that belongs to no label</numerusform>
            <numerusform>files that belong to no label</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>file(s) that cannot be read</source>
        <translation>
            <numerusform>file that cannot be read</numerusform>
            <numerusform>files that cannot be read</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>empty file(s)</source>
        <translation>
            <numerusform>empty file</numerusform>
            <numerusform>empty files</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>file(s) that are no picture</source>
        <translation>
            <numerusform>file that is no picture</numerusform>
            <numerusform>files that are no picture</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Git LFS pointer(s) instead of files</source>
        <translation>
            <numerusform>Git LFS pointer instead of a file</numerusform>
            <numerusform>Git LFS pointers instead of files</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>web page(s) instead of data</source>
        <translation>
            <numerusform>web page instead of data</numerusform>
            <numerusform>web pages instead of data</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>text(s) instead of data</source>
        <translation>
            <numerusform>text instead of data</numerusform>
            <numerusform>texts instead of data</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>truncated picture(s)</source>
        <translation>
            <numerusform>truncated picture</numerusform>
            <numerusform>truncated pictures</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>table(s) that break off</source>
        <translation>
            <numerusform>table that breaks off</numerusform>
            <numerusform>tables that break off</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>row(s) with a wrong number of fields</source>
        <translation>
            <numerusform>row with a wrong number of fields</numerusform>
            <numerusform>rows with a wrong number of fields</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>row(s) with something that is no number</source>
        <translation>
            <numerusform>row with something that is no number</numerusform>
            <numerusform>rows with something that is no number</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>row(s) without 2,304 pixels</source>
        <translation>
            <numerusform>row without 2,304 pixels</numerusform>
            <numerusform>rows without 2,304 pixels</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>row(s) with pixels outside 0–255</source>
        <translation>
            <numerusform>row with a pixel outside 0–255</numerusform>
            <numerusform>rows with pixels outside 0–255</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>label(s) outside the known range</source>
        <translation>
            <numerusform>label outside the known range</numerusform>
            <numerusform>labels outside the known range</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>label(s) that are not known here</source>
        <translation>
            <numerusform>label that is not known here</numerusform>
            <numerusform>labels that are not known here</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>row(s) of votes that do not sum to 10</source>
        <translation>
            <numerusform>row of votes that do not sum to 10</numerusform>
            <numerusform>rows of votes that do not sum to 10</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>name(s) that occur twice</source>
        <translation>
            <numerusform>name that occurs twice</numerusform>
            <numerusform>names that occur twice</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>row(s) that occur twice</source>
        <translation>
            <numerusform>row that occurs twice</numerusform>
            <numerusform>rows that occur twice</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>picture(s) that occur twice (kept and grouped)</source>
        <translation>
            <numerusform>picture that occurs twice (kept and grouped)</numerusform>
            <numerusform>pictures that occur twice (kept and grouped)</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>split(s) that are not known here</source>
        <translation>
            <numerusform>split that is not known here</numerusform>
            <numerusform>splits that are not known here</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>further table(s) in the folder, not read</source>
        <translation>
            <numerusform>further table in the folder, not read</numerusform>
            <numerusform>further tables in the folder, not read</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>count(s) that differ from the published ones</source>
        <translation>
            <numerusform>count that differs from the published one</numerusform>
            <numerusform>counts that differ from the published ones</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>file(s) that are no video</source>
        <translation>
            <numerusform>file that is no video</numerusform>
            <numerusform>files that are no video</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>person(s) in more than one fold</source>
        <translation>
            <numerusform>person in more than one fold</numerusform>
            <numerusform>people in more than one fold</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>label(s) that are no class (kept without one)</source>
        <translation>
            <numerusform>label that is no class (kept without one)</numerusform>
            <numerusform>labels that are no class (kept without one)</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>label(s) that differ from their folder</source>
        <translation>
            <numerusform>label that differs from its folder</numerusform>
            <numerusform>labels that differ from their folder</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>picture(s) that the original table does not have</source>
        <translation>
            <numerusform>picture that the original table does not have</numerusform>
            <numerusform>pictures that the original table does not have</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>picture(s) that may be copies of several different ones</source>
        <translation>
            <numerusform>picture that may be a copy of several different ones</numerusform>
            <numerusform>pictures that may be copies of several different ones</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>picture(s) that lie in several official splits</source>
        <translation>
            <numerusform>picture that lies in several official splits</numerusform>
            <numerusform>pictures that lie in several official splits</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>label(s) that differ from the original table</source>
        <translation>
            <numerusform>label that differs from the original table</numerusform>
            <numerusform>labels that differ from the original table</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>picture(s) with several labels in the original table</source>
        <translation>
            <numerusform>picture with several labels in the original table</numerusform>
            <numerusform>pictures with several labels in the original table</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>.npy file(s) that cannot be read</source>
        <translation>
            <numerusform>.npy file that cannot be read</numerusform>
            <numerusform>.npy files that cannot be read</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>face box(es) that cannot be used (left out)</source>
        <translation>
            <numerusform>face box that cannot be used (left out)</numerusform>
            <numerusform>face boxes that cannot be used (left out)</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>set(s) of landmarks that cannot be used (left out)</source>
        <translation>
            <numerusform>set of landmarks that cannot be used (left out)</numerusform>
            <numerusform>sets of landmarks that cannot be used (left out)</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>valence or arousal value(s) out of range (left out)</source>
        <translation>
            <numerusform>valence or arousal value out of range (left out)</numerusform>
            <numerusform>valence or arousal values out of range (left out)</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>confidence value(s) out of range (left out)</source>
        <translation>
            <numerusform>confidence value out of range (left out)</numerusform>
            <numerusform>confidence values out of range (left out)</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>name(s) found in other letter case</source>
        <translation>
            <numerusform>name found in other letter case</numerusform>
            <numerusform>names found in other letter case</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>name(s) found with another extension</source>
        <translation>
            <numerusform>name found with another extension</numerusform>
            <numerusform>names found with another extension</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>name(s) that are not UTF-8</source>
        <translation>
            <numerusform>name that is not UTF-8</numerusform>
            <numerusform>names that are not UTF-8</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>name(s) that differ from another in letter case only</source>
        <translation>
            <numerusform>name that differs from another in letter case only</numerusform>
            <numerusform>names that differ from another in letter case only</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>picture(s) of another kind than their names say</source>
        <translation>
            <numerusform>picture of another kind than its name says</numerusform>
            <numerusform>pictures of another kind than their names say</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>picture(s) of another size than the data set's</source>
        <translation>
            <numerusform>picture of another size than the data set's</numerusform>
            <numerusform>pictures of another size than the data set's</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>picture(s) of one colour</source>
        <translation>
            <numerusform>picture of one colour</numerusform>
            <numerusform>pictures of one colour</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>empty folder(s)</source>
        <translation>
            <numerusform>empty folder</numerusform>
            <numerusform>empty folders</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>file(s) of the system (passed over)</source>
        <translation>
            <numerusform>file of the system (passed over)</numerusform>
            <numerusform>files of the system (passed over)</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>table(s) whose encoding was guessed</source>
        <translation>
            <numerusform>table whose encoding was guessed</numerusform>
            <numerusform>tables whose encoding was guessed</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>line(s) that are no JSON object</source>
        <translation>
            <numerusform>line that is no JSON object</numerusform>
            <numerusform>lines that are no JSON object</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>file(s) left out as asked</source>
        <translation>
            <numerusform>file left out as asked</numerusform>
            <numerusform>files left out as asked</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>note(s) about faces that were there before (kept)</source>
        <translation>
            <numerusform>note about faces that were there before (kept)</numerusform>
            <numerusform>notes about faces that were there before (kept)</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>face(s) without usable attributes (left out)</source>
        <translation>
            <numerusform>face without usable attributes (left out)</numerusform>
            <numerusform>faces without usable attributes (left out)</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>path(s) or link(s) out of the chosen folder (left out)</source>
        <translation>
            <numerusform>path or link out of the chosen folder (left out)</numerusform>
            <numerusform>paths or links out of the chosen folder (left out)</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mien::JobUnits</name>
    <message numerus="yes">
        <source>check(s)</source>
        <translation>
            <numerusform>check</numerusform>
            <numerusform>checks</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>face(s)</source>
        <translation>
            <numerusform>face</numerusform>
            <numerusform>faces</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>image(s)</source>
        <translation>
            <numerusform>image</numerusform>
            <numerusform>images</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>item(s)</source>
        <translation>
            <numerusform>item</numerusform>
            <numerusform>items</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>look(s)</source>
        <translation>
            <numerusform>look</numerusform>
            <numerusform>looks</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>picture(s)</source>
        <translation>
            <numerusform>picture</numerusform>
            <numerusform>pictures</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>row(s)</source>
        <translation>
            <numerusform>row</numerusform>
            <numerusform>rows</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>sample(s)</source>
        <translation>
            <numerusform>sample</numerusform>
            <numerusform>samples</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>iteration(s)</source>
        <translation>
            <numerusform>iteration</numerusform>
            <numerusform>iterations</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>step(s)</source>
        <translation>
            <numerusform>step</numerusform>
            <numerusform>steps</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>video(s)</source>
        <translation>
            <numerusform>video</numerusform>
            <numerusform>videos</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>frame(s)</source>
        <translation>
            <numerusform>frame</numerusform>
            <numerusform>frames</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mien::Preflight</name>
    <message numerus="yes">
        <source>%Ln face(s) of the split train</source>
        <translation>
            <numerusform>%Ln face of the split train</numerusform>
            <numerusform>%Ln faces of the split train</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln labelled face(s), none of them in the split train. Put some there in the gallery.</source>
        <translation>
            <numerusform>%Ln labelled face, not in the split train. Put some there in the gallery.</numerusform>
            <numerusform>%Ln labelled faces, none of them in the split train. Put some there in the gallery.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln labelled face(s) of other splits are scored but not trained on.</source>
        <translation>
            <numerusform>%Ln labelled face of another split is scored but not trained on.</numerusform>
            <numerusform>%Ln labelled faces of other splits are scored but not trained on.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln labelled face(s)</source>
        <translation>
            <numerusform>%Ln labelled face</numerusform>
            <numerusform>%Ln labelled faces</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln more without a usable label are scored but not trained on.</source>
        <translation>
            <numerusform>%Ln more without a usable label are scored but not trained on.</numerusform>
            <numerusform>%Ln more without a usable label are scored but not trained on.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n class(es)</source>
        <translation>
            <numerusform>%n class</numerusform>
            <numerusform>%n classes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n subject(s)</source>
        <translation>
            <numerusform>%n subject</numerusform>
            <numerusform>%n subjects</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n group(s) of identical faces</source>
        <translation>
            <numerusform>%n group of identical faces</numerusform>
            <numerusform>%n groups of identical faces</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n video(s)</source>
        <translation>
            <numerusform>%n video</numerusform>
            <numerusform>%n videos</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n group(s) of nearly identical faces</source>
        <translation>
            <numerusform>%n group of nearly identical faces</numerusform>
            <numerusform>%n groups of nearly identical faces</numerusform>
        </translation>
    </message>
</context>
</TS>
