"""Makes homophone_table.c: groups of Chinese characters that sound alike but for the tone, for disguises.

The source is the standard GB 2312: its first 3755 characters, the common ones, stand in the order of their
reading, and below is where each reading begins. The pinyin view's table is from other data.

usage: homophones.py > libmod/rules/homophone_table.c
"""

import textwrap

# The first character of every reading.
FIRST = """
啊埃鞍肮凹芭白斑邦苞杯奔崩逼鞭标鳖彬兵玻捕擦猜餐苍操厕层插拆搀昌超车郴撑吃充抽初揣川疮吹春戳疵聪凑粗蹿摧村磋
搭呆耽当刀德蹬堤颠碉跌丁丢东兜督端堆墩掇蛾恩而发藩坊菲芬丰佛否夫噶该干冈篙哥给根耕工钩辜刮乖棺光瑰辊锅哈骸酣
夯壕呵嘿痕哼轰喉呼花槐欢荒灰荤豁击嘉歼僵蕉揭巾荆炯揪鞠捐撅均喀开刊康考坷肯坑空抠枯夸块宽匡亏坤括垃莱蓝琅捞勒
雷棱厘俩联粮撩列琳玲溜龙楼芦驴峦掠抡萝妈埋瞒芒猫么玫门萌眯棉苗蔑民明谬摸谋拇拿氖南囊挠呢馁嫩能妮蔫娘鸟捏您柠
牛脓奴女暖虐挪哦欧啪拍攀乓抛呸喷砰坯篇飘撇拼乒坡剖扑期掐牵枪橇切钦青琼秋趋圈缺裙然瓤饶惹壬扔日戎揉茹软蕊闰若
撒腮三桑搔瑟森僧莎筛珊墒梢奢砷声师收蔬刷摔栓霜谁吮说斯松搜苏酸虽孙蓑塌胎坍汤掏特藤梯天挑贴厅通偷凸湍推吞拖挖
歪豌汪威瘟嗡挝巫昔瞎掀相萧楔薪星兄休墟轩靴勋压焉殃邀椰一茵英哟拥幽迂鸳曰耘匝栽咱赃遭责贼怎增扎摘瞻樟招遮珍蒸
芝中舟珠抓拽专桩椎谆捉兹鬃邹租钻嘴尊昨
"""
# Read in several ways: they are disguised, and disguise nothing, as nobody would know how they are meant.
SEVERAL = """
阿啊拗熬扒把柏膀磅剥薄堡暴辟扁便泊卜伯藏参侧曾叉差拆掺颤长场朝车匙称澄乘冲臭处畜传幢创椎答大逮单弹当倒得的地
调丁都度囤恶儿发坊分佛否夫脯服干杠咯给更供勾估谷骨冠过蛤哈还汗行号呵喝和核荷貉哄红虹划化华晃会混豁几系济夹假
嚼间监见槛将降角教校结桔解藉尽禁劲颈卷觉倔圈卡看咳壳可空傀落勒肋乐累量潦了淋令溜笼露陆率绿略掠论络抹埋脉蔓猫
么没闷蒙模磨娜呐哪那难泥尿宁拧弄疟排胖刨炮喷劈片漂撇迫屏铺埔仆曝瀑栖奇茄翘切亲曲雀炔塞散丧色刹煞厦扇上少舍什
省盛石识食似伺属数刷说宿缩遂踏拓提挑帖同吐瓦为尾委蔚吓鲜纤相巷削血寻压咽钥椰叶殷饮应佣吁予与载咋择扎轧炸粘占涨
着爪召折这著症挣只种重转赚琢啄综钻作柞
"""
# Where the standard's common characters have none that sounds alike.
MORE = {"女": "钕恧"}


def common():
    """The common characters in the order of the standard."""
    cells = [(row, cell) for row in range(16, 56) for cell in range(1, 95)]
    return "".join(bytes([row + 0xA0, cell + 0xA0]).decode("gb2312")
                   for row, cell in cells if (row, cell) < (55, 90))


def groups():
    """Characters that sound alike, each group as those that disguise, a bar, and the others."""
    first, several = set(FIRST.replace("\n", "")), set(SEVERAL.replace("\n", ""))
    found = []
    for c in common():
        if c in first:
            found.append("")
        found[-1] += c
    assert len(found) == len(first)
    for group in found:
        group += "".join(MORE.get(c, "") for c in group)
        yield "".join(c for c in group if c not in several) + "/" + "".join(
            c for c in group if c in several)


def table():
    """The file."""
    text = " ".join(groups())
    lines = "\n".join(f'    "{line}"' for line in
                      (text[i : i + 45] for i in range(0, len(text), 45)))
    return textwrap.dedent("""\
        /* Common Chinese characters that sound alike but for the tone: those that disguise others, a bar,
         * those that are disguised only, a blank. Written by tables/homophones.py: do not edit. */
        #include "rules/evade.h"

        /* clang-format off */
        const char homophone_table[] =
        """) + lines + ";\n/* clang-format on */\n"


if __name__ == "__main__":
    print(table(), end="")
