#include "studio/review/review_actions.h"

#include "studio/common/action_registry.h"
#include "studio/common/face_source.h"
#include "studio/common/settings.h"
#include "studio/review/face_view.h"
#include "studio/review/review_desk.h"
#include "studio/review/review_page.h"

#include <QAction>
#include <QSettings>
#include <QToolButton>

namespace mien {

namespace {

constexpr double kZoomStep = 1.25;

/// As it stands on a button.
QString keySign(const QAction &action)
{
    for (const auto &[key, sign] : {std::pair(Qt::Key_Backspace, "⌫"), {Qt::Key_Return, "⏎"}, {Qt::Key_Left, "←"}}) {
        if (action.shortcut() == QKeySequence(key))
            return QString::fromUtf8(sign);
    }
    return action.shortcut().toString(QKeySequence::NativeText);
}

} // namespace

ReviewActions::ReviewActions(ReviewPage &page)
    : QObject(&page)
    , m_page(page)
    , m_registry(page.studio().actions())
{
    addDigits();
    addAnswers();
    addSteps();
    addBlind();
    addEvidence();
    addNeighbours();
    addSource();
    addFaceView();
}

QAction *ReviewActions::add(const Verb &verb, std::function<void(bool)> run)
{
    ActionSpec spec;
    spec.id = verb.id;
    spec.text = verb.text;
    spec.icon = verb.icon;
    spec.keys = verb.keys;
    spec.menu = verb.menu;
    spec.scope = m_page.id();
    spec.help = verb.help;
    spec.checkable = verb.checkable;
    return m_registry.add(spec, this, [this, run = std::move(run)](bool checked) {
        if (!m_page.desk())
            return;
        m_page.clearHint();
        run(checked);
    });
}

void ReviewActions::addDigits()
{
    for (int i = 0; i < 9; ++i) {
        const auto digit = Qt::Key(Qt::Key_1 + i);
        add({QStringLiteral("review.label%1").arg(i + 1),
             tr("Label as class %1").arg(i + 1),
             QStringLiteral("label"),
             {QKeySequence(digit)},
             {},
             tr("The classes and their digits stand below the face.")},
            [this, i](bool) { m_page.desk()->label(i); });
        add({QStringLiteral("review.second%1").arg(i + 1),
             tr("Class %1 as second choice").arg(i + 1),
             {},
             {QKeySequence(Qt::SHIFT | digit)},
             {},
             tr("Goes with the next answer as the softer second choice.")},
            [this, i](bool) { m_page.desk()->toggleSecond(i); });
        add({QStringLiteral("review.revise%1").arg(i + 1),
             tr("Revise the last blind answer to class %1").arg(i + 1),
             {},
             {QKeySequence(Qt::ALT | digit)},
             {},
             tr("Stored beside the blind answer, as the opinion after the reveal.")},
            [this, i](bool) { m_page.desk()->reviseLast(i); });
    }
}

void ReviewActions::addAnswers()
{
    const QString menu = QStringLiteral("labels");
    add({QStringLiteral("review.keep"),
         tr("Keep given label"),
         QStringLiteral("check"),
         {QKeySequence(Qt::Key_Space)},
         menu,
         tr("The given label is right.")},
        [this](bool) { m_page.desk()->keepGiven(); });
    add({QStringLiteral("review.take"),
         tr("Take suggestion"),
         QStringLiteral("arrow-down"),
         {QKeySequence(Qt::Key_Return), QKeySequence(Qt::Key_Enter)},
         menu,
         tr("The model's suggestion is right.")},
        [this](bool) { m_page.desk()->takeSuggestion(); });
    add({QStringLiteral("review.unsure"),
         tr("Unsure"),
         QStringLiteral("help"),
         {QKeySequence(Qt::Key_U)},
         menu,
         tr("Stored as an opinion of its own; the flag stays open.")},
        [this](bool) { m_page.desk()->unsure(); });
    add({QStringLiteral("review.notface"),
         tr("Not a face"),
         QStringLiteral("exclude"),
         {QKeySequence(Qt::Key_X)},
         menu,
         tr("There is no face to judge here.")},
        [this](bool) { m_page.desk()->notAFace(); });
    add({QStringLiteral("review.skip"),
         tr("Skip"),
         QStringLiteral("right"),
         {QKeySequence(Qt::Key_K)},
         menu,
         tr("Goes on without an opinion; counted apart from unsure.")},
        [this](bool) { m_page.desk()->skip(); });
    add({QStringLiteral("review.note"),
         tr("Note"),
         QStringLiteral("note"),
         {QKeySequence(Qt::Key_N)},
         menu,
         tr("Writes a note that goes with the answer.")},
        [this](bool) { m_page.editNote(); });
}

void ReviewActions::addSteps()
{
    const QString menu = QStringLiteral("labels");
    add({QStringLiteral("review.outlook"),
         tr("How many to review?"),
         QStringLiteral("histogram"),
         {QKeySequence(Qt::SHIFT | Qt::Key_H)},
         menu,
         tr("Wrong labels that are expected against faces that are reviewed; the queue follows your number.")},
        [this](bool) { m_page.showOutlook(); });
    add({QStringLiteral("review.previous"),
         tr("Previous face"),
         QStringLiteral("left"),
         {QKeySequence(Qt::Key_Left)},
         menu,
         tr("Looks again; a digit adds a newer opinion.")},
        [this](bool) { m_page.desk()->previous(); });
    add({QStringLiteral("review.next"),
         tr("Next face"),
         QStringLiteral("right"),
         {QKeySequence(Qt::Key_Right)},
         menu,
         tr("Among the faces shown already.")},
        [this](bool) { m_page.desk()->next(); });
    add({QStringLiteral("review.undo"),
         tr("Undo and return"),
         QStringLiteral("undo"),
         {QKeySequence(Qt::Key_Backspace)},
         menu,
         tr("Withdraws the newest answer and shows its face.")},
        [this](bool) { m_page.desk()->undo(); });
}

void ReviewActions::addBlind()
{
    const QString menu = QStringLiteral("labels");
    QAction *blind = add({QStringLiteral("review.blind"),
                          tr("Blind"),
                          QStringLiteral("eye-off"),
                          {QKeySequence(Qt::Key_B)},
                          menu,
                          tr("Hides given label, suggestion and attention until you answer."),
                          true},
                         [this](bool checked) { m_page.desk()->setBlind(checked); });
    blind->setChecked(settings().value(QStringLiteral("review/blind"), false).toBool());
    QAction *stay = add({QStringLiteral("review.stay"),
                         tr("Stay on the face after a blind answer"),
                         {},
                         {},
                         menu,
                         tr("Shows what was hidden on the same face; a second key may revise it."),
                         true},
                        [this](bool checked) { m_page.desk()->setStayAfterVote(checked); });
    stay->setChecked(settings().value(QStringLiteral("review/stay"), false).toBool());
}

void ReviewActions::addEvidence()
{
    const QString menu = QStringLiteral("view");
    add({QStringLiteral("review.guide"),
         tr("Class guide"),
         QStringLiteral("info"),
         {QKeySequence(Qt::Key_I)},
         QStringLiteral("labels"),
         tr("What each class means, with examples from the data.")},
        [this](bool) { m_page.showGuide(); });
    QAction *attention = add({QStringLiteral("review.attention"),
                              tr("Attention"),
                              QStringLiteral("attention"),
                              {QKeySequence(Qt::Key_A)},
                              menu,
                              tr("Shows where the network looked, beside the face."),
                              true},
                             [this](bool checked) { m_page.setAttentionShown(checked); });
    attention->setChecked(settings().value(QStringLiteral("review/attention"), true).toBool());
    add({QStringLiteral("review.flip"),
         tr("Flip pair"),
         QStringLiteral("flip"),
         {QKeySequence(Qt::Key_F)},
         menu,
         tr("The attention of the face and of its mirror image, and their difference."),
         true},
        [this](bool checked) { m_page.setFlipPair(checked); });
}

void ReviewActions::addNeighbours()
{
    const QString menu = QStringLiteral("view");
    add({QStringLiteral("review.look"),
         tr("Show on the attention page"),
         {},
         {QKeySequence(Qt::SHIFT | Qt::Key_A)},
         QStringLiteral("go"),
         tr("Where the networks look in the faces of this queue, class by class and with parts erased.")},
        [this](bool) { m_page.openAttention(); });
    QAction *neighbours = add({QStringLiteral("review.neighbours"),
                               tr("Neighbours"),
                               QStringLiteral("neighbors"),
                               {QKeySequence(Qt::Key_G)},
                               menu,
                               tr("Shows the faces that the network holds to be most alike, with their labels."),
                               true},
                              [this](bool checked) { m_page.setNeighboursShown(checked); });
    neighbours->setChecked(settings().value(QStringLiteral("review/neighbours"), false).toBool());
    add({QStringLiteral("review.neighbours.enter"),
         tr("Go to the neighbours"),
         {},
         {QKeySequence(Qt::SHIFT | Qt::Key_G)},
         menu,
         tr("Arrows move among them, Enter shows one in the inspector, Ctrl+Enter in the gallery, Escape goes back.")},
        [this](bool) { m_page.enterNeighbours(); });
}

void ReviewActions::addSource()
{
    QAction *source = add({QStringLiteral("review.source"),
                           tr("Source"),
                           QStringLiteral("file"),
                           {QKeySequence(Qt::Key_V)},
                           QStringLiteral("view"),
                           tr("Shows the original picture or video with the face's box, or the rows around it in its "
                              "table. The two seconds around a face from a video play once."),
                           true},
                          [this](bool checked) { m_page.setSourceShown(checked); });
    source->setChecked(settings().value(QStringLiteral("review/source"), false).toBool());
    const QString menu = QStringLiteral("view");
    const auto ofVideo = [this](void (*run)(FaceSource &)) {
        return [this, run](bool) {
            if (m_page.isSourceShown())
                run(m_page.source());
            else
                m_page.say(tr("Show the source first (V)."));
        };
    };
    add({QStringLiteral("review.play"),
         tr("Play the moment"),
         {},
         {QKeySequence(Qt::SHIFT | Qt::Key_V)},
         menu,
         tr("Plays the two seconds before and behind a face from a video, or stops.")},
        ofVideo([](FaceSource &source_) { source_.playMoment(); }));
    add({QStringLiteral("review.frameBack"),
         tr("Frame back"),
         {},
         {QKeySequence(Qt::Key_Comma)},
         menu,
         tr("Of the video that the face is from.")},
        ofVideo([](FaceSource &source_) { source_.stepFrame(-1); }));
    add({QStringLiteral("review.frameForward"),
         tr("Frame forward"),
         {},
         {QKeySequence(Qt::Key_Period)},
         menu,
         tr("Of the video that the face is from.")},
        ofVideo([](FaceSource &source_) { source_.stepFrame(1); }));
    add({QStringLiteral("review.detect"),
         tr("Find faces in the source"),
         QStringLiteral("person"),
         {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_V)},
         menu,
         tr("Draws every face that is found in the original, with its points, or the face's own box again.")},
        ofVideo([](FaceSource &source_) { source_.setDetecting(!source_.isDetecting()); }));
}

void ReviewActions::addFaceView()
{
    const QString menu = QStringLiteral("view");
    FaceView &view = m_page.faceView();
    QAction *pixels = add({QStringLiteral("review.pixels"),
                           tr("Show pixels"),
                           {},
                           {QKeySequence(Qt::Key_P)},
                           menu,
                           tr("Draws a small face as the pixels it is, without smoothing."),
                           true},
                          [&view](bool checked) {
                              view.setSmooth(!checked);
                              settings().setValue(QStringLiteral("review/pixels"), checked);
                          });
    pixels->setChecked(settings().value(QStringLiteral("review/pixels"), false).toBool());
    view.setSmooth(!pixels->isChecked());
    add({QStringLiteral("review.zoomin"),
         tr("Enlarge face"),
         QStringLiteral("zoom-in"),
         {QKeySequence(Qt::Key_Plus), QKeySequence(Qt::Key_Equal)},
         menu,
         tr("Also with the wheel; drag moves.")},
        [&view](bool) { view.zoomBy(kZoomStep); });
    add({QStringLiteral("review.zoomout"),
         tr("Reduce face"),
         QStringLiteral("zoom-out"),
         {QKeySequence(Qt::Key_Minus)},
         menu,
         tr("Makes the face smaller.")},
        [&view](bool) { view.zoomBy(1 / kZoomStep); });
    add({QStringLiteral("review.zoomreset"),
         tr("Whole face"),
         {},
         {QKeySequence(Qt::Key_0)},
         menu,
         tr("Zoom and contrast as they were.")},
        [&view](bool) { view.resetView(); });
    add({QStringLiteral("review.contrastup"),
         tr("More contrast"),
         {},
         {QKeySequence(Qt::Key_BracketRight)},
         menu,
         tr("For faces in poor light.")},
        [&view](bool) { view.changeContrast(1); });
    add({QStringLiteral("review.contrastdown"),
         tr("Less contrast"),
         {},
         {QKeySequence(Qt::Key_BracketLeft)},
         menu,
         tr("Back towards the picture as it is.")},
        [&view](bool) { view.changeContrast(-1); });
    add({QStringLiteral("review.hide"),
         tr("Hide face"),
         QStringLiteral("eye-off"),
         {QKeySequence(Qt::Key_H)},
         menu,
         tr("For a distressing picture: it can be skipped without looking.")},
        [this, &view](bool) { m_page.setFaceHidden(!view.isHiddenFace()); });
}

QStringList ReviewActions::keyRow()
{
    QStringList verbs;
    for (const char *verb : {"keep", "take", "unsure", "notface", "skip", "previous", "undo", "note", "hide"})
        verbs << QStringLiteral("review.") + QLatin1String(verb);
    return verbs;
}

bool ReviewActions::needsReveal(const QString &verb)
{
    return verb == QLatin1String("review.keep") || verb == QLatin1String("review.take");
}

void ReviewActions::dressButtons() const
{
    const QString prefix = QStringLiteral("button.");
    for (QToolButton *button : m_page.findChildren<QToolButton *>()) {
        if (!button->objectName().startsWith(prefix))
            continue;
        QAction *action = m_registry.action(button->objectName().mid(prefix.size()));
        button->setDefaultAction(action);
        button->setAccessibleName(action->text());
        if (!keyRow().contains(button->objectName().mid(prefix.size())))
            continue;
        // The key stands on the button: what is read there is learnt without a manual.
        const auto label = [button, action] {
            button->setText(QStringLiteral("%1  %2").arg(keySign(*action), action->text()));
        };
        button->setToolButtonStyle(Qt::ToolButtonTextOnly);
        label();
        connect(action, &QAction::changed, button, label);
    }
}

} // namespace mien
