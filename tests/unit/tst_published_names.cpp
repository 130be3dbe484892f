#include "models/io/published_names.h"

#include <QTest>

#include <algorithm>
#include <string>
#include <vector>

using namespace mien;

namespace {

using Tensors = std::vector<NamedShape>;

/// "own <- stored change", sorted.
QStringList moves(const NameMatch &match, const Tensors &stored, const Tensors &own)
{
    const char *changes[] = {"", " reshape", " transpose", " kernel", " depthwise", " positions"};
    QStringList lines;
    for (const WeightMove &move : match.moves)
        lines += QString::fromStdString(own[move.own].name + " <- " + stored[move.stored].name) +
                 changes[std::size_t(move.change)];
    lines.sort();
    return lines;
}

QStringList names(const std::vector<std::size_t> &indices, const Tensors &tensors)
{
    QStringList result;
    for (const std::size_t index : indices)
        result += QString::fromStdString(tensors[index].name);
    result.sort();
    return result;
}

} // namespace

class TstPublishedNames : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void ownNamesComeFirst();
    void torchvisionVit();
    void timmVgg();
    void resNetAsASequence();
    void partsOfANetwork();
    void positionsOfAnotherGrid_data();
    void positionsOfAnotherGrid();
    void kerasResNet();
    void kerasEfficientNet();
    void mobileFaceNetOfPaths();
    void posterModulesAreDropped();
};

void TstPublishedNames::ownNamesComeFirst()
{
    const Tensors own = {
        {"conv1.weight", {4, 3, 7, 7}}, {"bn1.num_batches_tracked", {}}, {"fc.weight", {7, 8}}, {"fc.bias", {7}}};
    const Tensors stored = {{"module.conv1.weight", {4, 3, 7, 7}}, {"module.fc.weight", {1000, 8}}, {"extra", {1}}};
    const NameMatch match = matchPublishedNames(stored, own);
    QCOMPARE(moves(match, stored, own), QStringList{"conv1.weight <- module.conv1.weight"});
    QCOMPARE(names(match.missing, own), QStringList{"fc.bias"});
    QCOMPARE(names(match.mismatched, stored), QStringList{"module.fc.weight"});
    QCOMPARE(names(match.unexpected, stored), QStringList{"extra"});
    QVERIFY(match.convention.empty() && match.part.empty());
    const NameMatch nothing = matchPublishedNames({}, own);
    QCOMPARE(nothing.moves.size(), std::size_t(0));
    QCOMPARE(nothing.missing.size(), std::size_t(3)); // a count of batches is never missing
}

void TstPublishedNames::torchvisionVit()
{
    const Tensors own = {{"cls_token", {1, 1, 8}},
                         {"pos_embed", {1, 5, 8}},
                         {"patch_embed.proj.weight", {8, 3, 2, 2}},
                         {"blocks.11.norm1.weight", {8}},
                         {"blocks.11.norm2.bias", {8}},
                         {"blocks.11.attn.qkv.weight", {24, 8}},
                         {"blocks.11.attn.qkv.bias", {24}},
                         {"blocks.11.attn.proj.weight", {8, 8}},
                         {"blocks.11.mlp.fc1.weight", {32, 8}},
                         {"blocks.11.mlp.fc2.bias", {8}},
                         {"norm.weight", {8}},
                         {"head.weight", {7, 8}}};
    const std::string layer = "encoder.layers.encoder_layer_11.";
    for (const bool isOld : {false, true}) {
        const Tensors stored = {{"class_token", {1, 1, 8}},
                                {"encoder.pos_embedding", {1, 5, 8}},
                                {"conv_proj.weight", {8, 3, 2, 2}},
                                {layer + "ln_1.weight", {8}},
                                {layer + "ln_2.bias", {8}},
                                {layer + "self_attention.in_proj_weight", {24, 8}},
                                {layer + "self_attention.in_proj_bias", {24}},
                                {layer + "self_attention.out_proj.weight", {8, 8}},
                                {layer + (isOld ? "mlp.linear_1.weight" : "mlp.0.weight"), {32, 8}},
                                {layer + (isOld ? "mlp.linear_2.bias" : "mlp.3.bias"), {8}},
                                {"encoder.ln.weight", {8}},
                                {"heads.head.weight", {1000, 8}}};
        const NameMatch match = matchPublishedNames(stored, own);
        QCOMPARE(match.convention, std::string("torchvision's ViT"));
        QCOMPARE(match.moves.size(), std::size_t(11));
        for (const WeightMove &move : match.moves)
            QCOMPARE(move.own, move.stored); // written in the same order
        QCOMPARE(names(match.mismatched, stored), QStringList{"heads.head.weight"});
        QVERIFY(match.missing.empty() && match.unexpected.empty());
    }
}

void TstPublishedNames::timmVgg()
{
    const Tensors own = {{"classifier.0.bias", {4}},
                         {"classifier.0.weight", {4, 98}},
                         {"classifier.3.weight", {4, 4}},
                         {"classifier.6.weight", {7, 4}},
                         {"features.0.weight", {2, 3, 3, 3}}};
    const Tensors stored = {{"features.0.weight", {2, 3, 3, 3}},
                            {"pre_logits.fc1.weight", {4, 2, 7, 7}},
                            {"pre_logits.fc1.bias", {4}},
                            {"pre_logits.fc2.weight", {4, 4, 1, 1}},
                            {"head.fc.weight", {7, 4}}};
    const NameMatch match = matchPublishedNames(stored, own);
    QCOMPARE(
        moves(match, stored, own),
        (QStringList{"classifier.0.bias <- pre_logits.fc1.bias", "classifier.0.weight <- pre_logits.fc1.weight reshape",
                     "classifier.3.weight <- pre_logits.fc2.weight reshape", "classifier.6.weight <- head.fc.weight",
                     "features.0.weight <- features.0.weight"}));
}

void TstPublishedNames::resNetAsASequence()
{
    const Tensors own = {{"cat_head0.sa.conv1x1.0.weight", {1, 2, 1, 1}},
                         {"fc.weight", {7, 2}},
                         {"features.0.weight", {2, 3, 7, 7}},
                         {"features.1.running_mean", {2}},
                         {"features.4.0.conv1.weight", {2, 2, 3, 3}},
                         {"features.7.1.bn2.bias", {2}}};
    const Tensors stored = {{"conv1.weight", {2, 3, 7, 7}},
                            {"bn1.running_mean", {2}},
                            {"layer1.0.conv1.weight", {2, 2, 3, 3}},
                            {"layer4.1.bn2.bias", {2}},
                            {"fc.weight", {1000, 2}}};
    const NameMatch match = matchPublishedNames(stored, own);
    QCOMPARE(match.convention, std::string("ResNet"));
    QCOMPARE(match.part, std::string("features."));
    QCOMPARE(moves(match, stored, own),
             (QStringList{"features.0.weight <- conv1.weight", "features.1.running_mean <- bn1.running_mean",
                          "features.4.0.conv1.weight <- layer1.0.conv1.weight",
                          "features.7.1.bn2.bias <- layer4.1.bn2.bias"}));
    QCOMPARE(names(match.unexpected, stored), QStringList{"fc.weight"});
}

void TstPublishedNames::partsOfANetwork()
{
    const Tensors own = {{"conv1.weight", {2, 2, 3, 3}},
                         {"ir_back.body1.0.res_layer.1.weight", {2, 2, 3, 3}},
                         {"ir_back.input_layer.0.weight", {2, 3, 3, 3}}};
    const Tensors stored = {{"input_layer.0.weight", {2, 3, 3, 3}},
                            {"body1.0.res_layer.1.weight", {2, 2, 3, 3}},
                            {"output_layer.3.weight", {5, 9}}};
    const NameMatch match = matchPublishedNames(stored, own);
    QVERIFY(match.convention.empty());
    QCOMPARE(match.part, std::string("ir_back."));
    QCOMPARE(match.moves.size(), std::size_t(2));
    QCOMPARE(names(match.dropped, stored), QStringList{"output_layer.3.weight"});
    QCOMPARE(names(match.missing, own), QStringList{"conv1.weight"});
}

void TstPublishedNames::positionsOfAnotherGrid_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QList<qint64>>("stored");
    QTest::addColumn<QList<qint64>>("own");
    QTest::addColumn<bool>("fits");
    QTest::newRow("smaller") << "pos_embed" << QList<qint64>{1, 197, 4} << QList<qint64>{1, 37, 4} << true;
    QTest::newRow("of a decoder") << "decoder_pos_embed" << QList<qint64>{1, 5, 4} << QList<qint64>{1, 10, 4} << true;
    QTest::newRow("of a branch") << "pos_embed.1" << QList<qint64>{1, 5, 4} << QList<qint64>{1, 10, 4} << true;
    QTest::newRow("another width") << "pos_embed" << QList<qint64>{1, 197, 5} << QList<qint64>{1, 37, 4} << false;
    QTest::newRow("no square") << "pos_embed" << QList<qint64>{1, 148, 4} << QList<qint64>{1, 37, 4} << false;
    QTest::newRow("no positions") << "part_embed" << QList<qint64>{1, 197, 4} << QList<qint64>{1, 37, 4} << false;
}

void TstPublishedNames::positionsOfAnotherGrid()
{
    QFETCH(QString, name);
    QFETCH(QList<qint64>, stored);
    QFETCH(QList<qint64>, own);
    QFETCH(bool, fits);
    const auto tensor = [&](const QList<qint64> &shape) {
        return Tensors{{name.toStdString(), {shape.begin(), shape.end()}}};
    };
    const NameMatch match = matchPublishedNames(tensor(stored), tensor(own));
    QCOMPARE(match.moves.size(), std::size_t(fits));
    QCOMPARE(match.mismatched.size(), std::size_t(!fits));
    if (fits)
        QVERIFY(match.moves[0].change == WeightChange::ResizePositions);
}

void TstPublishedNames::kerasResNet()
{
    const Tensors own = {{"conv1_conv.bias", {4}},
                         {"conv1_conv.weight", {4, 3, 7, 7}},
                         {"conv2_block1_1_bn.bias", {4}},
                         {"conv2_block1_1_bn.running_mean", {4}},
                         {"conv2_block1_1_bn.running_var", {4}},
                         {"conv2_block1_1_bn.weight", {4}},
                         {"dense.weight", {4, 4}}};
    for (const char *form : {"%/", "model/%/%/", "%."}) {
        const auto name = [&](const char *layer, const char *member) {
            QString text = form;
            return (text.replace('%', layer) + member).toStdString();
        };
        const Tensors stored = {{name("conv1_conv", "kernel:0"), {7, 7, 3, 4}},
                                {name("conv1_conv", "bias:0"), {4}},
                                {name("conv2_block1_1_bn", "gamma:0"), {4}},
                                {name("conv2_block1_1_bn", "beta"), {4}},
                                {name("conv2_block1_1_bn", "moving_mean:0"), {4}},
                                {name("conv2_block1_1_bn", "moving_variance:0"), {4}},
                                {name("dense", "kernel:0"), {4, 4}}};
        const NameMatch match = matchPublishedNames(stored, own);
        QCOMPARE(match.convention, std::string("Keras"));
        QStringList met = moves(match, stored, own);
        QCOMPARE(met.size(), 7);
        QVERIFY(met.contains(QString::fromStdString("conv1_conv.weight <- " + stored[0].name + " kernel")));
        QVERIFY(met.contains(QString::fromStdString("conv2_block1_1_bn.running_var <- " + stored[5].name)));
        QVERIFY(met.contains(
            QString::fromStdString("dense.weight <- " + stored[6].name + " transpose"))); // though it is square
    }
}

void TstPublishedNames::kerasEfficientNet()
{
    const std::vector<std::pair<std::string, std::string>> same = {
        {"stem_bn/gamma", "bn1.weight"},
        {"block1b_project_bn/beta", "blocks.0.1.bn1.bias"},
        {"block2a_expand_bn/gamma", "blocks.1.0.bn1.weight"},
        {"block3c_project_bn/moving_mean", "blocks.2.2.bn2.running_mean"},
        {"block6l_bn/gamma", "blocks.5.11.bn2.weight"},
        {"block6l_project_bn/gamma", "blocks.5.11.bn3.weight"},
        {"block4a_se_reduce/bias", "blocks.3.0.se.conv_reduce.bias"},
        {"top_bn/moving_variance", "bn2.running_var"}};
    const std::vector<std::pair<std::string, std::string>> kernels = {
        {"stem_conv/kernel", "conv_stem.weight"},
        {"block1a_project_conv/kernel", "blocks.0.0.conv.weight"},
        {"block2a_expand_conv/kernel", "blocks.1.0.conv_exp.weight"},
        {"block3a_project_conv/kernel", "blocks.2.0.conv_pwl.weight"},
        {"block4a_expand_conv/kernel", "blocks.3.0.conv_pw.weight"},
        {"block4a_se_expand/kernel", "blocks.3.0.se.conv_expand.weight"},
        {"top_conv/kernel", "conv_head.weight"}};
    Tensors stored, own;
    for (const auto &[theirs, ours] : same) {
        stored.push_back({theirs, {4}});
        own.push_back({ours, {4}});
    }
    for (const auto &[theirs, ours] : kernels) {
        stored.push_back({theirs, {3, 3, 8, 4}});
        own.push_back({ours, {4, 8, 3, 3}});
    }
    for (const char *member : {"depthwise_kernel", "kernel"}) { // Keras 2 and 3
        stored.push_back({std::string(*member == 'd' ? "block4a" : "block5a") + "_dwconv2/" + member, {3, 3, 8, 1}});
        own.push_back({*member == 'd' ? "blocks.3.0.conv_dw.weight" : "blocks.4.0.conv_dw.weight", {8, 1, 3, 3}});
    }
    const NameMatch match = matchPublishedNames(stored, own);
    QCOMPARE(match.convention, std::string("Keras' EfficientNetV2"));
    QCOMPARE(match.moves.size(), stored.size());
    for (const WeightMove &move : match.moves) {
        QCOMPARE(move.own, move.stored);
        QVERIFY(move.change == (move.stored < same.size()                    ? WeightChange::None
                                : move.stored < same.size() + kernels.size() ? WeightChange::KernelLast
                                                                             : WeightChange::DepthwiseKernel));
    }
}

/// Ten residual blocks: the tenth stands behind the ninth, though its text stands before the second's.
void TstPublishedNames::mobileFaceNetOfPaths()
{
    Tensors stored, own;
    const auto unit = [&](const std::string &theirs, const std::string &ours, std::int64_t out, bool isActivated) {
        stored.push_back({"face." + theirs + ".net.0.weight", {out, 2, 1, 1}});
        own.push_back({"face_landback." + ours + ".conv.weight", {out, 2, 1, 1}});
        stored.push_back({"face." + theirs + ".net.1.running_var", {out}});
        own.push_back({"face_landback." + ours + ".bn.running_var", {out}});
        if (!isActivated)
            return;
        stored.push_back({"face." + theirs + ".net.2.weight", {out}});
        own.push_back({"face_landback." + ours + ".prelu.weight", {out}});
    };
    const auto block = [&](const std::string &theirs, const std::string &ours) {
        unit(theirs + ".net.0", ours + ".conv", 4, true);
        unit(theirs + ".net.1", ours + ".conv_dw", 4, true);
        unit(theirs + ".net.2", ours + ".project", 4, false);
    };
    unit("path_1.0", "conv1", 4, true);
    unit("path_1.1", "conv2_dw", 4, true);
    block("path_1.2", "conv_23");
    for (int i = 0; i < 11; ++i)
        block("path_1.3.net." + std::to_string(i), "conv_3.model." + std::to_string(i));
    block("path_2.0", "conv_34");
    block("path_2.1.net.0", "conv_4.model.0");
    block("path_3.0", "conv_45");
    block("path_3.1.net.0", "conv_5.model.0");
    unit("path_3.2", "conv_6_sep", 6, true);
    std::vector<std::size_t> order(stored.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = i;
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return stored[a].name < stored[b].name; });
    Tensors sorted; // as a safetensors file has them
    for (const std::size_t i : order)
        sorted.push_back(stored[i]);
    const NameMatch match = matchPublishedNames(sorted, own);
    QCOMPARE(match.convention, std::string("ARBEx' MobileFaceNet"));
    QCOMPARE(match.moves.size(), stored.size());
    for (const WeightMove &move : match.moves)
        QCOMPARE(move.own, order[move.stored]);
}

void TstPublishedNames::posterModulesAreDropped()
{
    const Tensors own = {{"VIT.blocks.0.attn.qkv.weight", {6, 2}}, {"attn1.relative_position_bias_table", {9, 2}}};
    const Tensors stored = {{"VIT.blocks.0.attn.qkv.weight", {6, 2}},
                            {"attn1.relative_position_bias_table", {9, 2}},
                            {"attn1.relative_position_index", {4, 4}},
                            {"VIT.blocks.0.conv.weight", {2}},
                            {"VIT.patch_embed.proj.weight", {2}},
                            {"VIT.CON1.weight", {2}},
                            {"VIT.IRLinear2.bias", {2}},
                            {"VIT.eca_block.conv.weight", {2}},
                            {"face_landback.output_layer.bn.weight", {2}},
                            {"VIT.blocks.0.norm9.weight", {2}}};
    const NameMatch match = matchPublishedNames(stored, own);
    QCOMPARE(match.moves.size(), std::size_t(2));
    QCOMPARE(match.dropped.size(), std::size_t(7));
    QCOMPARE(names(match.unexpected, stored), QStringList{"VIT.blocks.0.norm9.weight"});
}

QTEST_GUILESS_MAIN(TstPublishedNames)
#include "tst_published_names.moc"
